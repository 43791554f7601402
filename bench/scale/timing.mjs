import { connect } from 'node:net';
import { withChecksum } from '../../dist/src/core/secret-format.js';
import { quantile } from '../quantile.mjs';
import { head } from './calls.mjs';
import { startProbed } from './probed.mjs';

const samples = Number(process.env.SAMPLES ?? 100_000);
/** What dudect takes for a leak. */
const suspicious = 4.5;
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const checksumLength = 6;

/** #25: whether it takes longer to refuse a secret that is wrong at its end than one that is wrong at its beginning. */
export async function timing({ basePort }) {
  const server = await startProbed('committed', basePort + 100, 'http://127.0.0.1:9', {
    JUNK_ROWS_PER_MINUTE: '0',
  });
  try {
    const secret = server.headers.Authorization.slice('Bearer '.length);
    const [, headOf, random] = /^(.*_)([^_]+)$/.exec(secret.slice(0, -checksumLength));
    const wrongAt = {
      beginning: (tail) => tail + random.slice(tail.length),
      end: (tail) => random.slice(0, -tail.length) + tail,
    };
    const taken = { beginning: [], end: [] };
    const ask = await asker(server.port);
    for (let i = 0; i < 2 * samples + 2_000; i += 1) {
      // In any order, for what one call leaves behind must not always meet the same kind.
      const kind = Math.random() < 0.5 ? 'beginning' : 'end';
      const nanoseconds = await ask(withChecksum(headOf + wrongAt[kind](fresh())));
      if (i >= 2_000) taken[kind].push(nanoseconds);
      if (i % 10_000 === 0) process.stderr.write(`\r${i} of ${2 * samples + 2_000}`);
    }
    process.stderr.write('\n');
    // The slowest are collections and other work of the machine: both kinds lose as many of them.
    const cut = quantile([...taken.beginning, ...taken.end], 0.95);
    const [a, b] = [taken.beginning, taken.end].map((all) =>
      momentsOf(all.filter((each) => each <= cut)),
    );
    const t = (a.mean - b.mean) / Math.sqrt(a.variance / a.count + b.variance / b.count);
    return {
      title:
        'Timing (#25): how long it takes to refuse a well-formed key, by where it differs from one that there is',
      facts: {
        'samples, of each kind': `${taken.beginning.length}, ${taken.end.length}`,
        'wrong at the beginning, mean': `${(a.mean / 1000).toFixed(3)} µs`,
        'wrong at the end, mean': `${(b.mean / 1000).toFixed(3)} µs`,
        [`Welch's t (a leak is suspected beyond ${suspicious})`]: t.toFixed(2),
      },
    };
  } finally {
    await server.stop();
  }
}

/** Five characters that were not tried before, as far as chance goes: a stranger that is remembered is answered faster. */
const fresh = () =>
  Array.from({ length: 5 }, () => base62[Math.floor(Math.random() * 62)]).join('');

/** One call at a time on one connection. @returns nanoseconds */
async function asker(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  const line = head('GET', '/latchkey/v1/self', { Authorization: 'Bearer {}' });
  let answered;
  socket.on('data', () => answered(process.hrtime.bigint()));
  return async (secret) => {
    const text = line.replace('{}', secret);
    const answer = new Promise((resolve) => (answered = resolve));
    const since = process.hrtime.bigint();
    socket.write(text);
    return Number((await answer) - since);
  };
}

function momentsOf(values) {
  const count = values.length;
  const mean = values.reduce((sum, each) => sum + each, 0) / count;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (count - 1);
  return { count, mean, variance };
}
