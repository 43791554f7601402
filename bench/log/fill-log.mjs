import { packCall } from '../../dist/src/store/call-log/call-columns.js';
import { parseCallLogUrl } from '../../dist/src/store/call-log/call-log-url.js';
import { migrateCallLog } from '../../dist/src/store/call-log/migrate-call-log.js';
import { PostgresSink } from '../../dist/src/store/call-log/write/postgres-sink.js';
import { SqliteSink } from '../../dist/src/store/call-log/write/sqlite-sink.js';

const rowsPerGroup = 2_000;
/** As many rows as a thread would collect before it counts them, about. */
const rowsPerCount = 10 * rowsPerGroup;
const nodeId = 'nod_generated';

/**
 * Fills an empty call log through the writer's own sink, counters included.
 *
 * @param calls in the order of their positions
 * @param rows how many there are
 */
export async function fillLog(url, calls, rows) {
  await migrateCallLog(url);
  const database = parseCallLogUrl(url);
  const settings = {
    ...{ database, mode: 'committed', nodeId, runId: 'run_generated' },
    timeoutMs: 60_000,
  };
  const sink =
    database.kind === 'sqlite'
      ? new SqliteSink(database.path, settings)
      : new PostgresSink(database.url, settings);
  const { lastSeq } = await sink.open();
  if (lastSeq > 0) throw new Error('This log has been filled before. Give an empty one.');
  const began = performance.now();
  let cells = [];
  let seq = 0;
  let toldAt = began;
  for (const call of calls) {
    packCall(cells, call, nodeId, (seq += 1));
    if (seq % rowsPerGroup !== 0 && seq !== rows) continue;
    await sink.write({ cells, completions: [], salvage: false });
    // It counts between its other work, of which there is none here.
    if (seq % rowsPerCount === 0) await sink.caughtUp();
    cells = [];
    const now = performance.now();
    if (now - toldAt < 5_000 && seq !== rows) continue;
    toldAt = now;
    const perSecond = Math.round((seq / (now - began)) * 1_000);
    process.stderr.write(`${seq} of ${rows} rows, ${perSecond} a second\n`);
  }
  await sink.close(true);
}
