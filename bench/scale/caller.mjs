// Calls a server over connections that stay open, one call at a time on each, as fast as it answers or at a rate, with a secret
// out of many for each call. A process of its own, started by `calls.mjs`, which tells it what to do.
import { connect } from 'node:net';
import { quantile } from '../quantile.mjs';

const endOfHead = Buffer.from('\r\n\r\n');
const contentLength = /\r\ncontent-length: (\d+)/i;

process.on('message', async (job) => process.send(await call(job)));

/**
 * With `rate` a call is made when it is due, whether or not those before it were answered, and its latency counts from then: a
 * server that stands still makes all wait that would have come, not only those that could.
 */
async function call({
  port,
  heads,
  values,
  connections,
  seconds,
  count = Infinity,
  rate = null,
  inOrder = false,
  seed = 1,
}) {
  const next = inOrder ? oneByOne(heads, values) : picker(heads, values, seed);
  const statuses = {};
  const latencies = [];
  const due = [];
  const idle = [];
  let [made, answered] = [0, 0];
  let isOver = false;
  let allAnswered;
  const over = new Promise((resolve) => (allAnswered = resolve));
  const opened = await Promise.all(Array.from({ length: connections }, () => open(port, onAnswer)));
  const began = performance.now();
  const endAt = began + seconds * 1000;

  function send(connection, since) {
    made += 1;
    connection.since = since;
    connection.socket.write(next());
  }

  function onAnswer(connection, status, now) {
    answered += 1;
    statuses[status] = (statuses[status] ?? 0) + 1;
    latencies.push(now - connection.since);
    if (now >= endAt || made >= count) isOver = true;
    if (isOver) {
      if (answered === made && due.length === 0) allAnswered(now);
      else if (due.length > 0) send(connection, due.shift());
    } else if (rate === null) send(connection, now);
    else if (due.length > 0) send(connection, due.shift());
    else idle.push(connection);
  }

  if (rate === null) for (const connection of opened) send(connection, performance.now());
  else {
    idle.push(...opened);
    let planned = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      while (!isOver && began + (planned / rate) * 1000 <= now) {
        const since = began + (planned / rate) * 1000;
        planned += 1;
        if (since >= endAt) isOver = true;
        // In turn: a connection that nothing is sent on for long is ended by the server.
        else if (idle.length > 0) send(idle.shift(), since);
        else due.push(since);
      }
      if (!isOver) return;
      clearInterval(timer);
      if (answered === made && due.length === 0) allAnswered(now);
    }, 1);
  }
  const endedAt = await over;
  for (const { socket } of opened) socket.destroy();
  return {
    ...{ requests: answered, requestsPerSecond: (answered / (endedAt - began)) * 1000, statuses },
    latencyMs: percentiles(latencies),
  };
}

/** Requests with one of many values in each; the same seed picks the same. */
function picker(heads, values, seed) {
  let state = seed >>> 0;
  return () => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const chance = (state >>> 0) / 4_294_967_296;
    const head = heads[Math.floor(chance * heads.length)];
    return values === null ? head : head.replace('{}', values[Math.floor(chance * values.length)]);
  };
}

/** Each value once, and from the first again. */
function oneByOne(heads, values) {
  let i = -1;
  return () => {
    i += 1;
    const head = heads[i % heads.length];
    return values === null ? head : head.replace('{}', values[i % values.length]);
  };
}

function open(port, onAnswer) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const connection = { socket, since: 0 };
    let waiting = null;
    socket.on('data', (piece) => {
      const answer = waiting === null ? piece : Buffer.concat([waiting, piece]);
      const headEnd = answer.indexOf(endOfHead);
      const length = headEnd < 0 ? null : contentLength.exec(answer.latin1Slice(0, headEnd));
      const isWhole =
        length !== null && answer.length >= headEnd + endOfHead.length + Number(length[1]);
      waiting = isWhole ? null : answer;
      if (isWhole) onAnswer(connection, answer.latin1Slice(9, 12), performance.now());
    });
    socket.on('connect', () => resolve(connection));
    // Whoever waits for the result hears that there is none: this process ends.
    for (const event of ['error', 'end'])
      socket.on(event, (error) => {
        throw error ?? new Error('The server ended a connection.');
      });
  });
}

function percentiles(latencies) {
  const at = (share) => Number(quantile(latencies, share).toFixed(3));
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) };
}
