// Writes to a log as fast as it goes until it is stopped, and then says how fast that was. For `search.mjs --writing`.
//   node bench/log/write.mjs sqlite:/tmp/log.db
import { newCallId } from '../../dist/src/core/ids.js';
import { CallLogWriter } from '../../dist/src/store/call-log/write/call-log-writer.js';
import { traffic } from './traffic.mjs';

/** Closed loops: each writes its next call when the last one is safe. */
const callers = 64;
const [url] = process.argv.slice(2);

const writer = new CallLogWriter({ url, mode: 'durable', nodeId: 'nod_writing' });
await writer.start();
const samples = [...traffic({ rows: 50_000, days: 1, seed: 2 })];
const over = new AbortController();
let written = 0;
const began = performance.now();
process.on('SIGTERM', () => over.abort());

async function loop() {
  while (!over.signal.aborted) {
    const at = Date.now();
    const position = writer.nextPosition(at);
    const sample = samples[(written += 1) % samples.length];
    await writer.write({ ...sample, position, at, id: newCallId(position) });
  }
}

await Promise.all(Array.from({ length: callers }, loop));
const seconds = (performance.now() - began) / 1_000;
await writer.stop();
process.stdout.write(`${JSON.stringify({ rowsPerSecond: Math.round(written / seconds) })}\n`);
