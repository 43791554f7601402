import { newSecret } from '../../dist/src/core/secret-format.js';
import { median } from '../quantile.mjs';
import { calls, head } from './calls.mjs';
import { fillKeys } from './fill-keys.mjs';
import { megabytes, warm } from './keys.mjs';
import { startProbed } from './probed.mjs';

const strangersInAll = Number(process.env.STRANGERS ?? 10_000_000);
const perGo = 250_000;
const goodKeys = 10_000;
/** Strangers a second, beside good calls. */
const besides = 2_000;
const secretLine = { Authorization: 'Bearer {}' };
const self = head('GET', '/latchkey/v1/self', secretLine);

/** #89: ten million keys that nobody gave out, each well formed. */
export async function strangers({ rounds, seconds, connections, basePort }) {
  const server = await startProbed('committed', basePort + 100, 'http://127.0.0.1:9');
  try {
    const good = {
      port: server.port,
      heads: [self],
      connections,
      values: fillKeys(server.folder, server.keyId, goodKeys),
    };
    const strange = { port: server.port, heads: [self], connections };
    await warm(server, good);
    const alone = async () => (await calls({ ...good, seconds })).requestsPerSecond;
    const before = median(await inTurn(rounds, alone));
    // The pools of the allocator are as large as they get before anything is compared.
    await calls(
      { ...strange, seconds: 60, count: perGo, values: someStrangers() },
      { expect: ['401'] },
    );
    const memoryBefore = await server.ask('memory');
    for (let made = 0; made < strangersInAll; made += perGo) {
      await calls(
        { ...strange, seconds: 600, count: perGo, inOrder: true, values: someStrangers() },
        { expect: ['401'] },
      );
      process.stderr.write(`\r${made + perGo} of ${strangersInAll} strangers`);
    }
    process.stderr.write('\n');
    const memoryAfter = await server.ask('memory');
    const ratios = await inTurn(rounds, async () => {
      const first = await alone();
      const flood = calls(
        { ...strange, seconds: seconds + 1, rate: besides, values: someStrangers() },
        { expect: ['401'] },
      );
      const beside = await alone();
      await flood;
      return beside / first;
    });
    const after = median(await inTurn(rounds, alone));
    return {
      title: `Strangers: ${strangersInAll} well-formed keys that nobody gave out`,
      facts: {
        'MB resident more than before them': megabytes(memoryAfter.rss - memoryBefore.rss),
        'MB of heap more': megabytes(memoryAfter.heapUsed - memoryBefore.heapUsed),
        'good calls a second before': Math.round(before),
        'good calls a second after': Math.round(after),
        [`good calls beside ${besides} strangers a second, against alone`]:
          median(ratios).toFixed(3),
      },
    };
  } finally {
    await server.stop();
  }
}

const someStrangers = () => Array.from({ length: perGo }, () => newSecret('lk', 'production'));

async function inTurn(rounds, measure) {
  const values = [];
  for (let round = 0; round < rounds; round += 1) values.push(await measure());
  return values;
}
