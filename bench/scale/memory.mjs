import { setTimeout as sleep } from 'node:timers/promises';
import { newSecret } from '../../dist/src/core/secret-format.js';
import { startUpstream } from '../contenders.mjs';
import { quantile } from '../quantile.mjs';
import { calls, head, withBody } from './calls.mjs';
import { fillKeys } from './fill-keys.mjs';
import { megabytes, warm } from './keys.mjs';
import { startProbed } from './probed.mjs';

const hot = Number(process.env.HOT ?? 100_000);
const sampleMs = 5_000;
/** Calls a second, of each kind: what a node may well have to do all day. */
const rates = { good: 1_000, verify: 300, nowhere: 200, strange: 500 };
const bearer = { Authorization: 'Bearer {}' };

/** What a process holds with as many hot keys as it remembers, through many minutes of everything that it does. */
export async function memory({ minutes, connections, basePort }) {
  const upstream = await startUpstream(basePort);
  const server = await startProbed('committed', basePort + 100, `http://127.0.0.1:${basePort}`);
  try {
    const secrets = fillKeys(server.folder, server.keyId, hot);
    const { port, verify } = server;
    await warm(server, { heads: [head('GET', '/latchkey/v1/self', bearer)], values: secrets });
    const strangers = Array.from({ length: 50_000 }, () => newSecret('lk', 'production'));
    const job = { port, connections: Math.ceil(connections / 4), seconds: minutes * 60 };
    const self = head('GET', '/latchkey/v1/self', bearer);
    const good = [
      self,
      head('GET', '/bench/items', bearer),
      withBody('POST', '/bench/items', bearer, '{"name":"x"}'),
    ];
    const asking = { Authorization: verify.headers.Authorization };
    const check = withBody('POST', '/latchkey/v1/verify', asking, verify.body);
    const nowhere = head('GET', '/bench/nothing', bearer);
    const loads = [
      calls({ ...job, rate: rates.good, values: secrets, heads: good }),
      calls({ ...job, rate: rates.verify, heads: [check] }),
      calls(
        { ...job, rate: rates.nowhere, values: secrets, heads: [nowhere] },
        { expect: ['404'] },
      ),
      calls({ ...job, rate: rates.strange, values: strangers, heads: [self] }, { expect: ['401'] }),
    ];
    const all = Promise.all(loads);
    const over = all.then(() => true);
    const samples = [];
    const began = performance.now();
    do {
      samples.push({
        hours: (performance.now() - began) / 3_600_000,
        bytes: server.residentBytes(),
      });
      process.stderr.write(
        `\r${Math.round(samples.at(-1).hours * 60)} of ${minutes} minutes, ${megabytes(samples.at(-1).bytes)} MB`,
      );
    } while ((await Promise.race([over, sleep(sampleMs)])) !== true);
    process.stderr.write('\n');
    const results = await all;
    const later = samples.slice(Math.floor(samples.length / 3));
    return {
      title: `Memory: ${hot} hot keys, ${minutes} minutes of self, gateway, verify, refusals and strangers, log committed`,
      facts: {
        'calls in all': results.reduce((sum, { requests }) => sum + requests, 0),
        'MB resident (median, largest)': [0.5, 1]
          .map((share) =>
            quantile(
              samples.map(({ bytes }) => bytes),
              share,
            ),
          )
          .map(megabytes)
          .join(', '),
        'MB resident a minute in, and at the end': [
          samples[Math.ceil(60_000 / sampleMs)] ?? samples[0],
          samples.at(-1),
        ]
          .map(({ bytes }) => megabytes(bytes))
          .join(', '),
        'MB an hour, the line through the last two thirds': megabytes(slopeOf(later)),
      },
    };
  } finally {
    await server.stop();
    await upstream.stop();
  }
}

/** Bytes an hour, by least squares. */
function slopeOf(samples) {
  const mean = (of) => samples.reduce((sum, each) => sum + of(each), 0) / samples.length;
  const [hours, bytes] = [mean((each) => each.hours), mean((each) => each.bytes)];
  const over = mean((each) => (each.hours - hours) * (each.bytes - bytes));
  return over / mean((each) => (each.hours - hours) ** 2);
}
