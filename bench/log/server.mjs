// What a server on a long log does to its callers while retention takes a day of it away, and what an export of it takes.
//   node bench/log/server.mjs sqlite:/tmp/log.db
import { fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callLogReader } from '../../dist/src/store/call-log/call-log-data-source.js';
import { openCallTable } from '../../dist/src/store/call-log/read/open-call-table.js';

const dayMs = 86_400_000;
const quietMs = 20_000;
/** Closed loops: each asks again when it has its answer. */
const callers = 16;

const [url] = process.argv.slice(2);
if (url === undefined) throw new Error('Which log? Give its URL: sqlite:<path> or postgres://…');

/** The first midnight, UTC, from which on the log has a whole day. */
async function firstWholeDay() {
  const reader = await callLogReader(url).initialize();
  const table = openCallTable(url, reader);
  const [row] = await table.rows.read({
    sql: 'SELECT at FROM {call} ORDER BY position LIMIT 1',
    values: [],
    range: { lowest: 0, highest: Number.MAX_SAFE_INTEGER },
    order: 'oldest',
    limit: 1,
  });
  await table.close();
  await reader.destroy();
  return Math.ceil(Number(row.at) / dayMs) * dayMs;
}

const quantile = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

function summary(times, seconds) {
  const sorted = times.toSorted((a, b) => a - b);
  const rounded = (value) => Number(value.toFixed(1));
  return {
    callsPerSecond: Math.round(times.length / seconds),
    p50: rounded(quantile(sorted, 0.5)),
    p99: rounded(quantile(sorted, 0.99)),
    max: rounded(sorted.at(-1)),
  };
}

const whole = await firstWholeDay();
// The first whole day is kept, and with a clock that is a day further it is past its time.
const keptDays = Math.floor((Date.now() - whole) / dayMs);
const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const told = [];
let ready;
const server = fork(new URL('../servers/latchkey-on-log.mjs', import.meta.url), {
  env: {
    ...process.env,
    ACCESS_PORT: '0',
    MANAGEMENT_PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
    CALL_LOG_URL: url,
    LATCHKEY_DEMO: 'off',
    RETENTION_DAYS_CALLS: String(keptDays),
  },
});
process.on('exit', () => server.kill('SIGKILL'));
let isStopping = false;
server.on('exit', (code, signal) => {
  if (!isStopping) throw new Error(`The server ended: ${code ?? signal}`);
});
const isReady = new Promise((resolve) => (ready = resolve));
server.on('message', (message) => {
  if (message.accessUrl !== undefined) ready(message);
  else told.push({ ...message, at: performance.now() });
});
const { accessUrl, managementUrl, secret } = await isReady;
const headers = { Authorization: `Bearer ${secret}` };
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

function call() {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    request(`${accessUrl}/latchkey/v1/self`, { agent, headers }, async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      if (response.statusCode === 200) resolve(performance.now() - began);
      else reject(new Error(`A call was answered ${response.statusCode} ${text}`));
    })
      .on('error', reject)
      .end();
  });
}

/** @returns what calls took while something was done */
async function loadWhile(work) {
  const times = [];
  const over = new AbortController();
  const began = performance.now();
  const loop = async () => {
    while (!over.signal.aborted) times.push(await call());
  };
  const loops = Promise.all(Array.from({ length: callers }, loop));
  const result = await work();
  over.abort();
  await loops;
  return { result, calls: summary(times, (performance.now() - began) / 1_000) };
}

/** The median of each tenth: memory that grows shows as a slope. */
function tenths(samples) {
  const size = samples.length / 10;
  return Array.from({ length: 10 }, (_, i) => {
    const tenth = samples.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    return quantile(
      tenth.toSorted((a, b) => a - b),
      0.5,
    );
  });
}

const memoryMb = () => {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)[1]) / 1_024;
};

async function exportAll(format) {
  const response = await fetch(`${managementUrl}/v1/request-log/export?format=${format}`, {
    headers,
  });
  if (!response.ok)
    throw new Error(`The export answered ${response.status}: ${await response.text()}`);
  let bytes = 0;
  const samples = [];
  const began = performance.now();
  const watch = setInterval(() => samples.push(Math.round(memoryMb())), 100);
  for await (const piece of response.body) bytes += piece.length;
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1_000;
  const manifest = `${managementUrl}/v1/request-log/exports/${response.headers.get('latchkey-export')}`;
  const { rows } = await (await fetch(manifest, { headers })).json();
  return { seconds, bytes, rows, memoryMb: tenths(samples) };
}

const print = (what, figures) => process.stdout.write(`${JSON.stringify({ what, ...figures })}\n`);

await loadWhile(() => sleep(5_000));
const quiet = await loadWhile(() => sleep(quietMs));
print('quiet', quiet.calls);

const removal = await loadWhile(async () => {
  await sleep(1_000);
  // The piece of a day with which the log begins went at the start.
  told.length = 0;
  server.send({ skewMs: dayMs });
  const began = performance.now();
  while (!told.some(({ what }) => what === 'days of calls')) await sleep(20);
  const tookMs = performance.now() - began;
  await sleep(1_000);
  return { tookMs, told: told.map(({ what, removed }) => ({ what, removed })) };
});
print('removal of a day', { ...removal.calls, ...removal.result });

const beforeMb = memoryMb();
print('export', { ...(await exportAll('ndjson')), beforeMb });
isStopping = true;
const stopped = new Promise((resolve) => server.once('exit', resolve));
server.kill('SIGTERM');
agent.destroy();
await stopped;
rmSync(folder, { recursive: true, force: true });
