// `npm run bench:scale`: what becomes of a decision where there is much of everything. Linux only, as `npm run bench`.
//   node bench/scale/run.mjs keys rules latency strangers timing
//   SECONDS=5 ROUNDS=5 MINUTES=30 node bench/scale/run.mjs memory
import { cpus } from 'node:os';
import { pinning } from '../pinning.mjs';
import { commitNow } from '../commit-now.mjs';
import { keys } from './keys.mjs';
import { latency } from './latency.mjs';
import { memory } from './memory.mjs';
import { report } from './report.mjs';
import { rules } from './rules.mjs';
import { strangers } from './strangers.mjs';
import { timing } from './timing.mjs';

const scenarios = { keys, rules, latency, strangers, timing, memory };
const options = {
  seconds: Number(process.env.SECONDS ?? 5),
  rounds: Number(process.env.ROUNDS ?? 5),
  connections: Number(process.env.CONNECTIONS ?? 64),
  minutes: Number(process.env.MINUTES ?? 30),
  basePort: Number(process.env.BENCH_PORT ?? 19_000),
};
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => scenarios[name] === undefined);
if (unknown.length > 0)
  throw new Error(`There is no ${unknown.join(', ')}, but ${Object.keys(scenarios).join(', ')}.`);

for (const name of asked.length === 0 ? Object.keys(scenarios) : asked) {
  process.stderr.write(`${name}\n`);
  const found = await scenarios[name](options);
  report(found, {
    ...{ commit: commitNow(), date: new Date().toISOString().slice(0, 10) },
    ...{ node: process.version, processor: cpus()[0]?.model ?? 'unknown', pinning },
  });
}
