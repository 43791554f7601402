import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pinnedTo } from './pinning.mjs';

const hasWrk = spawnSync('wrk', ['--version']).error === undefined;
const wrkCalls = new URL('./wrk-calls.lua', import.meta.url).pathname;
const autocannonLoad = new URL('./autocannon-load.mjs', import.meta.url).pathname;
/** `/proc/<pid>/stat` counts processor time in these. */
const ticksPerSecond = 100;

export const generator = hasWrk ? 'wrk' : 'autocannon';

/**
 * Loads one address from another processor. Every answer has to be a success, or, where `denied`, a refusal.
 *
 * @param contender with `values`, each call holds the next of them where a `{}` stands in a header or in the body
 * @returns requests per second, and processor microseconds of the server per request
 */
export async function load(
  { pid, url, headers, method = 'GET', body, values = [], denied = false },
  { seconds, connections, cpu },
) {
  const job = { url, headers, method, body, values, seconds, connections };
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-load-'));
  const cpuBefore = cpuSecondsOf(pid);
  const by = hasWrk ? byWrk : byAutocannon;
  const { requests, elapsedSeconds, refused, broken } = await by(job, cpu, folder).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const failed = broken + (denied ? requests - refused : refused);
  if (failed > 0) throw new Error(`${failed} of ${requests} calls to ${url} failed.`);
  const cpuSeconds = cpuSecondsOf(pid) - cpuBefore;
  return {
    requestsPerSecond: requests / elapsedSeconds,
    cpuMicrosPerRequest: (cpuSeconds * 1e6) / requests,
  };
}

function cpuSecondsOf(pid) {
  // What follows the name, which may hold spaces: fields 14 and 15 are the time in user and in kernel mode.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

async function byWrk({ url, headers, method, body, values, seconds, connections }, cpu, folder) {
  const file = values.length === 0 ? '' : join(folder, 'values');
  if (file !== '') writeFileSync(file, `${values.join('\n')}\n`);
  const args = [
    ...['-t1', `-c${connections}`, `-d${seconds}s`, ...headerArgs(headers)],
    ...['-s', wrkCalls, url, '--', method, body ?? '', file],
  ];
  const text = await outputOf(pinnedTo(cpu, ['wrk', ...args]));
  const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
  const elapsedSeconds = requests / Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  return {
    requests,
    elapsedSeconds,
    refused: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
    broken: 0,
  };
}

async function byAutocannon({ values, ...job }, cpu, folder) {
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify({ ...job, values: values.length === 0 ? [''] : values }));
  const result = JSON.parse(
    await outputOf(pinnedTo(cpu, [process.execPath, autocannonLoad, file])),
  );
  return {
    requests: result.requests.total,
    elapsedSeconds: result.duration,
    refused: result.non2xx,
    broken: result.errors + result.timeouts,
  };
}

function headerArgs(headers) {
  return Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
}

function outputOf([command, ...args]) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const out = [];
    const err = [];
    child.stdout.on('data', (piece) => out.push(piece));
    child.stderr.on('data', (piece) => err.push(piece));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new Error(`${command} ended with ${code}: ${Buffer.concat(err)}`));
    });
  });
}
