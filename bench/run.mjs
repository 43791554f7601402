// `npm run bench`: what Latchkey costs, as ratios against baselines that run side by side. Linux only: it reads /proc.
//   SECONDS=5 ROUNDS=5 CONNECTIONS=64 KEYS=10000 npm run bench
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { commitNow } from './commit-now.mjs';
import { median } from './quantile.mjs';
import { pinning } from './pinning.mjs';
import { report } from './report.mjs';

for (const folder of ['.', './peers']) {
  if (existsSync(new URL(`${folder}/node_modules`, import.meta.url))) continue;
  process.stderr.write('Installing what is measured beside Latchkey…\n');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: new URL(`${folder}/`, import.meta.url),
    stdio: 'inherit',
  });
}
const {
  loadCpu,
  startBareFastify,
  startBetterAuth,
  startLatchkey,
  startNginx,
  startReplyFrom,
  startUpstream,
} = await import('./contenders.mjs');
const { generator, load } = await import('./load.mjs');
const { fillKeys } = await import('./scale/fill-keys.mjs');

const seconds = Number(process.env.SECONDS ?? 5);
const rounds = Number(process.env.ROUNDS ?? 5);
const connections = Number(process.env.CONNECTIONS ?? 64);
const keys = Number(process.env.KEYS ?? 10_000);
const basePort = Number(process.env.BENCH_PORT ?? 19_000);

/** Enough for each of the keys to be remembered. */
const warmUpSeconds = 4;

const running = [];
const keep = (server) => {
  running.push(server);
  return server;
};

try {
  const upstreamUrl = `http://127.0.0.1:${basePort}`;
  keep(await startUpstream(basePort));
  const durable = keep(await startLatchkey('durable', basePort + 10, upstreamUrl));
  const committed = keep(await startLatchkey('committed', basePort + 20, upstreamUrl));
  const buffered = keep(await startLatchkey('buffered', basePort + 30, upstreamUrl));
  const bare = keep(await startBareFastify(basePort + 40, durable));
  const replyFrom = keep(await startReplyFrom(basePort + 50, upstreamUrl));
  const betterAuth = keep(await startBetterAuth(basePort + 60));
  const nginx = await startNginx(basePort + 70, upstreamUrl);
  if (nginx !== null) keep(nginx);

  const latchkeys = [durable, committed, buffered];
  const secretsOf = new Map();
  for (const server of latchkeys)
    secretsOf.set(server, fillKeys(server.folder, server.keyId, keys));
  /** Each call with another of many keys. */
  const mixed = (contender, server) => ({
    ...contender,
    headers: { Authorization: 'Bearer {}' },
    values: secretsOf.get(server),
  });
  const mixedVerify = (contender, server) => ({
    ...contender,
    ...server.verifyOf('{}'),
    values: secretsOf.get(server),
  });

  const groups = [
    {
      title: `A decision: GET /latchkey/v1/self, each call with another of ${keys.toLocaleString('en')} warm keys`,
      baseline: mixed(bare, committed),
      contenders: latchkeys.map((server) => mixed({ ...server, url: server.self }, server)),
    },
    {
      title: 'The same with one warm key',
      baseline: { name: bare.name, ...bare },
      contenders: [...latchkeys.map((server) => ({ ...server, url: server.self })), betterAuth],
    },
    {
      title: 'A refusal beside a decision, log committed',
      baseline: { ...committed, url: committed.self },
      contenders: committed.refused.map((refused) => ({ ...committed, ...refused })),
    },
    {
      title: `A decision for another server: POST /latchkey/v1/verify, one check, each of another of ${keys.toLocaleString('en')} keys`,
      baseline: { ...mixedVerify(bare, committed), url: bare.verifyUrl },
      contenders: latchkeys.map((server) => mixedVerify(server, server)),
    },
    {
      title: 'The gateway: GET, 1 KB answers',
      baseline: { ...replyFrom },
      contenders: [
        ...[committed, durable].map((server) => ({ ...server, url: server.gateway })),
        ...(nginx === null ? [] : [nginx]),
      ],
    },
    {
      title: 'The gateway: POST, on the log before it is forwarded',
      baseline: { ...replyFrom, method: 'POST' },
      contenders: [committed, durable].map((server) => ({
        ...server,
        url: server.gateway,
        method: 'POST',
      })),
    },
  ];
  const results = [];
  for (const group of groups) results.push(await measure(group));
  report(results, {
    ...{ commit: commitNow(), date: new Date().toISOString().slice(0, 10) },
    ...{ node: process.version, processor: cpus()[0]?.model ?? 'unknown' },
    ...{ pinning, generator, connections, seconds, rounds },
  });
} finally {
  for (const server of running.toReversed()) await server.stop();
}

/** Each round loads every contender in turn, so that a machine that changes its speed changes it for all. */
async function measure({ title, baseline, contenders }) {
  const all = [baseline, ...contenders];
  const options = { connections, cpu: loadCpu };
  for (const contender of all) await load(contender, { ...options, seconds: warmUpSeconds });
  const samples = new Map(all.map(({ name }) => [name, []]));
  for (let round = 1; round <= rounds; round += 1) {
    process.stderr.write(`\r${title}: round ${round} of ${rounds} `);
    for (const contender of all)
      samples.get(contender.name).push(await load(contender, { ...options, seconds }));
  }
  process.stderr.write('\n');
  const base = samples.get(baseline.name);
  const rows = all.map(({ name }) => {
    const own = samples.get(name);
    return {
      name,
      requestsPerSecond: Math.round(median(own.map((sample) => sample.requestsPerSecond))),
      cpuMicrosPerRequest: Number(
        median(own.map((sample) => sample.cpuMicrosPerRequest)).toFixed(1),
      ),
      ratio: Number(
        median(
          own.map((sample, i) => sample.requestsPerSecond / base[i].requestsPerSecond),
        ).toFixed(3),
      ),
    };
  });
  return { title, rows };
}
