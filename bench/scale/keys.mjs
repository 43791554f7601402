import { calls, head } from './calls.mjs';
import { compare } from './compare.mjs';
import { fillKeys } from './fill-keys.mjs';
import { startProbed } from './probed.mjs';

const few = 1_000;
const many = 1_000_000;
const hot = 100_000;

const self = head('GET', '/latchkey/v1/self', { Authorization: 'Bearer {}' });

/** Many keys in the store, and as many hot as a node remembers, beside a thousand. */
export async function keys({ rounds, seconds, connections, basePort }) {
  const small = await startProbed('committed', basePort + 100, 'http://127.0.0.1:9');
  const large = await startProbed('committed', basePort + 120, 'http://127.0.0.1:9');
  try {
    const smallJob = {
      port: small.port,
      heads: [self],
      values: fillKeys(small.folder, await keyOf(small), few),
    };
    const secrets = fillKeys(large.folder, await keyOf(large), many, { secrets: hot });
    const largeJob = { port: large.port, heads: [self], values: secrets };
    const before = await warm(large, { ...largeJob, values: secrets.slice(0, few) });
    const after = await warm(large, largeJob);
    await warm(small, smallJob);
    const rows = await compare(
      [
        { name: `${few} keys in the store, all hot`, job: smallJob },
        { name: `${many} keys in the store, ${hot} hot`, job: largeJob },
      ],
      { rounds, seconds, connections },
    );
    return {
      title: 'Keys: GET /latchkey/v1/self, log committed, each call with any of the hot keys',
      rows,
      facts: {
        'bytes of heap for each key that is remembered': Math.round(
          (after.heapUsed - before.heapUsed) / (hot - few),
        ),
        'MB resident behind it, after a collection': megabytes(large.residentBytes()),
        'MB resident with 1000 keys': megabytes(small.residentBytes()),
      },
    };
  } finally {
    await small.stop();
    await large.stop();
  }
}

/** @returns the memory once every secret has been used */
export async function warm(server, job) {
  const size = 5_000;
  for (let from = 0; from < job.values.length; from += size) {
    const heads = job.values
      .slice(from, from + size)
      .map((secret) => job.heads[0].replace('{}', secret));
    await calls({
      port: server.port,
      heads,
      values: null,
      inOrder: true,
      connections: 32,
      seconds: 600,
      count: heads.length,
    });
    process.stderr.write(`\r${Math.min(from + size, job.values.length)} keys warm`);
  }
  process.stderr.write('\r\x1b[K');
  return server.ask('memory');
}

/** The id of the one key of a server that is measured. */
export async function keyOf({ manage, accountId }) {
  const { results } = await manage('GET', `/accounts/${accountId}/keys`);
  return results[0].id;
}

export const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
