// Preloaded into the server that is measured: tells whoever connects what only a process itself knows.
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();

// A line is answered by one: `memory` after a collection, `delays` since they were last asked for.
const server = createServer((socket) => {
  socket.setEncoding('utf8').on('data', (asked) => {
    socket.end(JSON.stringify(asked.trim() === 'memory' ? memory() : loopDelays()));
  });
});
// Threads preload it as well.
if (isMainThread) server.listen(Number(process.env.BENCH_PROBE_PORT), '127.0.0.1').unref();

function memory() {
  globalThis.gc?.();
  return process.memoryUsage();
}

/** Milliseconds. What was waited for beyond the millisecond that the timer asks for. */
function loopDelays() {
  const beyond = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - 1);
  const told = {
    p50: beyond(delays.percentile(50)),
    p99: beyond(delays.percentile(99)),
    max: beyond(delays.max),
  };
  delays.reset();
  return told;
}
