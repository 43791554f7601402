// How long pages, counts and an export of a long log take.
//   node bench/log/search.mjs sqlite:/tmp/log.db --rounds 5 --writing     (while somebody else writes at full speed)
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { callLogReader } from '../../dist/src/store/call-log/call-log-data-source.js';
import { CallLogTables } from '../../dist/src/store/call-log/read/call-log-tables.js';
import { CallPaths } from '../../dist/src/store/call-log/read/call-paths.js';
import { CallsStore } from '../../dist/src/store/call-log/read/calls.store.js';
import { openCallTable } from '../../dist/src/store/call-log/read/open-call-table.js';
import { random } from './traffic.mjs';

const pageSize = 100;
/** Pages that are read before a deep one. */
const deep = 30;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    writing: { type: 'boolean', default: false },
  },
});
const [url] = positionals;
if (url === undefined) throw new Error('Which log? Give its URL: sqlite:<path> or postgres://…');
const rounds = Number(values.rounds);

const reader = await callLogReader(url).initialize();
const table = openCallTable(url, reader);
// Whoever writes meanwhile is another process, and counts for itself.
const tables = new CallLogTables(reader, { caughtUp: () => Promise.resolve() });
const store = new CallsStore(tables, table.rows, new CallPaths(tables, table.rows));

/** Calls from all over the log, to look for what they have. */
const { calls: newest } = await store.search({}, { limit: 1 });
const { calls: oldest } = await store.search({}, { limit: 1, order: 'oldest' });
const [first, last] = [oldest[0].at, newest[0].at];
const chance = random(7);
const samples = [];
for (let i = 0; i < rounds; i += 1) {
  const to = Math.floor(first + chance() * (last - first));
  samples.push(await lastBefore(to));
}

/** A page can be short, or empty, without being the last. */
async function lastBefore(to) {
  for (let after; ;) {
    const page = await store.search({ to }, { limit: 1, ...(after && { after }) });
    if (page.calls.length > 0) return page.calls[0];
    after = page.next;
  }
}

const networkOf = (ip) =>
  ip.includes(':')
    ? `${ip.split(':').slice(0, 3).join(':')}::/48`
    : ip.replace(/\.\d+\.\d+$/, '.0.0/16');
const singles = {
  accountId: ({ accountId }) => accountId,
  keyId: ({ keyId }) => keyId,
  secretId: ({ secretId }) => secretId,
  ip: ({ callerIp }) => callerIp,
  network: ({ callerIp }) => networkOf(callerIp),
  method: ({ method }) => method,
  path: ({ path }) => path.slice(0, 12),
  template: () => '/settings/v3/tasks/batch/read/{none}',
  route: ({ route }) => route,
  status: () => 504,
  decision: () => 'denied',
  reason: () => 'KEY_SUSPENDED',
  door: () => 'gateway',
  by: () => 'callers',
  from: ({ at }) => at,
  to: ({ at }) => at,
  q: ({ path }) => path.slice(-9),
};
const fieldOf = { network: 'ip', template: 'path', route: 'path' };
const names = Object.keys(singles);
const filters = [
  ...names.map((name) => [name]),
  ...names.flatMap((name, i) => names.slice(i + 1).map((other) => [name, other])),
].filter(
  (fields) => new Set(fields.map((field) => fieldOf[field] ?? field)).size === fields.length,
);

const filterOf = (fields, call) =>
  Object.fromEntries(fields.map((field) => [fieldOf[field] ?? field, singles[field](call)]));

const quantile = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
const summary = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    max: sorted.at(-1),
    of: sorted.length,
  };
};

const writer = values.writing ? startWriter() : null;

/** A process of its own, as another node would be. */
function startWriter() {
  const script = fileURLToPath(new URL('./write.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => (said += piece));
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
      return JSON.parse(said);
    },
  };
}

const firstPages = [];
const deepPages = [];
const slowest = [];
let short = 0;
for (const fields of filters) {
  for (const call of samples) {
    const filter = filterOf(fields, call);
    let after;
    for (let page = 0; page <= deep; page += 1) {
      const began = performance.now();
      const { next, searchedTo } = await store.search(filter, {
        limit: pageSize,
        ...(after && { after }),
      });
      const tookMs = performance.now() - began;
      if (searchedTo !== null) short += 1;
      if (page === 0) firstPages.push(tookMs);
      else deepPages.push(tookMs);
      slowest.push({ tookMs, fields: fields.join(' + '), page });
      if (next === null) break;
      after = next;
    }
  }
}
slowest.sort((one, other) => other.tookMs - one.tookMs);
const counts = [];
for (const fields of [
  ['accountId'],
  ['keyId'],
  ['ip'],
  ['status'],
  ['q'],
  ['accountId', 'status'],
]) {
  for (const call of samples) {
    const began = performance.now();
    await store.count(filterOf(fields, call));
    counts.push(performance.now() - began);
  }
}
const figures = {
  ...(writer !== null && { writing: await writer.stop() }),
  filters: filters.length,
  firstPage: summary(firstPages),
  laterPages: summary(deepPages),
  shortPages: short,
  counts: summary(counts),
  slowest: slowest.slice(0, 8),
};
process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
await table.close();
await reader.destroy();
