import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pinnedTo } from './pinning.mjs';

const hasWrk = spawnSync('wrk', ['--version']).error === undefined;
const autocannon = new URL('./node_modules/autocannon/autocannon.js', import.meta.url).pathname;
/** `/proc/<pid>/stat` counts processor time in these. */
const ticksPerSecond = 100;

export const generator = hasWrk ? 'wrk' : 'autocannon';

/**
 * Loads one address from another processor. Every answer has to be a success, or, where `denied`, a refusal.
 *
 * @returns requests per second, and processor microseconds of the server per request
 */
export async function load(
  { pid, url, headers, method = 'GET', body, denied = false },
  { seconds, connections, cpu },
) {
  const cpuBefore = cpuSecondsOf(pid);
  const { requests, elapsedSeconds, refused, broken } = await (hasWrk ? byWrk : byAutocannon)({
    url,
    headers,
    method,
    body,
    seconds,
    connections,
    cpu,
  });
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

async function byWrk({ url, headers, method, body, seconds, connections, cpu }) {
  const script = new URL('./wrk-method.lua', import.meta.url).pathname;
  const args = [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    ...headerArgs(headers),
    '-s',
    script,
    url,
    '--',
    method,
    ...(body === undefined ? [] : [body]),
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

async function byAutocannon({ url, headers, method, body, seconds, connections, cpu }) {
  const args = [
    autocannon,
    '--json',
    '-c',
    String(connections),
    '-d',
    String(seconds),
    '-m',
    method,
    ...headerArgs(headers),
    ...(body === undefined ? [] : ['-b', body]),
    url,
  ];
  const result = JSON.parse(await outputOf(pinnedTo(cpu, [process.execPath, ...args])));
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
