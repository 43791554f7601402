// How long it takes to sum a log up exactly, as registers do: seconds for a million rows.
//   node bench/log/sums.mjs sqlite:/tmp/log.db
import { callLogReader } from '../../dist/src/store/call-log/call-log-data-source.js';
import { CallLogTables } from '../../dist/src/store/call-log/read/call-log-tables.js';
import { CallPaths } from '../../dist/src/store/call-log/read/call-paths.js';
import { CallSumsStore } from '../../dist/src/store/call-log/read/call-sums.store.js';
import { CallTally } from '../../dist/src/store/call-log/read/call-tally.js';
import { openCallTable } from '../../dist/src/store/call-log/read/open-call-table.js';

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('Which log? Give its URL: sqlite:<path> or postgres://…');

const reader = await callLogReader(url).initialize();
const table = openCallTable(url, reader);
// Whoever writes meanwhile is another process, and counts for itself.
const tables = new CallLogTables(reader, { caughtUp: () => Promise.resolve() });
const sums = new CallSumsStore(table.rows, new CallPaths(tables, table.rows));

for (const [name, filter] of [
  ['everything', {}],
  ['one account', { accountId: 'acc_00000000000000000000' }],
  ['one key', { keyId: 'key_00000000000000000000' }],
]) {
  const tally = new CallTally({ callers: 10_000, names: 1_000 });
  const began = performance.now();
  let longestMs = 0;
  let sliceBegan = began;
  for await (const _slice of sums.addTo(tally, filter)) {
    longestMs = Math.max(longestMs, performance.now() - sliceBegan);
    sliceBegan = performance.now();
  }
  const seconds = (performance.now() - began) / 1_000;
  const calls = tally.all?.calls ?? 0;
  const perMillion = (seconds / calls) * 1_000_000;
  process.stdout.write(
    `${name}: ${calls} calls in ${seconds.toFixed(2)} s, ${perMillion.toFixed(1)} s a million, longest slice ${longestMs.toFixed(0)} ms\n`,
  );
}
await table.close();
await reader.destroy();
