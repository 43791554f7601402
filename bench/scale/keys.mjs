import { startBareFastify } from '../contenders.mjs';
import { calls, head } from './calls.mjs';
import { compare } from './compare.mjs';
import { fillKeys } from './fill-keys.mjs';
import { startProbed } from './probed.mjs';

/** Keys in the store, and how many of them call. */
const sizes = [
  { keys: 1_000, hot: 1_000 },
  { keys: 10_000, hot: 10_000 },
  // As many hot as a node remembers.
  { keys: Number(process.env.KEYS ?? 1_000_000), hot: Number(process.env.HOT ?? 100_000) },
];

const self = head('GET', '/latchkey/v1/self', { Authorization: 'Bearer {}' });

/** Many keys in the store, and many of them hot, beside few, and beside nothing to decide. */
export async function keys({ rounds, seconds, connections, basePort }) {
  const servers = [];
  const keep = (server) => {
    servers.push(server);
    return server;
  };
  try {
    const contenders = [];
    const facts = {};
    for (const [i, size] of sizes.entries()) {
      const port = basePort + 100 + 20 * i;
      const server = keep(await startProbed('committed', port, 'http://127.0.0.1:9'));
      const name = `${size.keys} keys in the store, ${size.hot} hot`;
      const { job, heapOfEach } = await filled(server, size);
      contenders.push({ name, job });
      facts[`bytes of heap for each key that is remembered, ${name}`] = heapOfEach;
    }
    const bare = keep(await startBareFastify(basePort + 90, servers[0]));
    const fastify = { name: bare.name, job: { port: basePort + 90, heads: [self], values: ['x'] } };
    const rows = await compare([fastify, ...contenders], { rounds, seconds, connections });
    const [, few, , many] = rows;
    facts['the most against the fewest'] = (many.requestsPerSecond / few.requestsPerSecond).toFixed(
      3,
    );
    for (const [i, { name }] of contenders.entries())
      facts[`MB resident under that load, ${name}`] = megabytes(servers[i].residentBytes());
    return {
      title: 'Keys: GET /latchkey/v1/self, log committed, each call with any of the hot keys',
      rows,
      facts,
    };
  } finally {
    for (const server of servers.toReversed()) await server.stop();
  }
}

/** Fills the store, and has each of the hot keys called once. */
async function filled(server, { keys: count, hot }) {
  const values = fillKeys(server.folder, server.keyId, count, { secrets: hot });
  const job = { port: server.port, heads: [self], values };
  // What the first calls leave behind is the same for any number of keys.
  const first = values.slice(0, Math.floor(hot / 10));
  const before = await warm(server, { ...job, values: first });
  const after = await warm(server, job);
  const heapOfEach = Math.round((after.heapUsed - before.heapUsed) / (hot - first.length));
  return { job, heapOfEach };
}

/** @returns the memory once every secret has been used */
export async function warm(server, { heads, values }) {
  const size = 5_000;
  for (let from = 0; from < values.length; from += size) {
    const some = values.slice(from, from + size).map((secret) => heads[0].replace('{}', secret));
    const once = { inOrder: true, connections: 32, seconds: 600, count: some.length };
    await calls({ port: server.port, heads: some, ...once });
    process.stderr.write(`\r${from + some.length} keys warm`);
  }
  process.stderr.write('\r\x1b[K');
  return server.ask('memory');
}

export const megabytes = (bytes) => Math.round(bytes / 2 ** 20);
