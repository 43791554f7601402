import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinnedTo } from './pinning.mjs';

/** The processor for what is measured, and the one for everything else. */
export const serverCpu = 0;
export const loadCpu = 1;

const latchkeyMain = new URL('../dist/src/main.js', import.meta.url).pathname;
const script = (name) => new URL(`./servers/${name}.mjs`, import.meta.url).pathname;
const readyMsMax = 20_000;

/** Starts a server as a process of its own. `url` is asked until it answers. */
async function start(name, cpu, args, url, environment = {}) {
  const [command, ...rest] = pinnedTo(cpu, [process.execPath, ...args]);
  const child = spawn(command, rest, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const startedMs = performance.now();
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`${name} ended with ${child.exitCode} before it answered.`);
    const answer = await fetch(url).catch(() => null);
    await answer?.arrayBuffer();
    if (answer !== null) break;
    if (performance.now() - startedMs > readyMsMax)
      throw new Error(`${name} does not answer on ${url}.`);
    await sleep(50);
  }
  return { name, pid: child.pid, stop: () => stopped(child) };
}

function stopped(child) {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });
}

export function startUpstream(port) {
  return start(
    'upstream',
    loadCpu,
    [script('upstream'), String(port)],
    `http://127.0.0.1:${port}/`,
  );
}

/** @param latchkey whose answers it has the size of */
export async function startBareFastify(port, { selfBytes, verifyBytes, verify }) {
  const url = `http://127.0.0.1:${port}/latchkey/v1/self`;
  const server = await start(
    'bare Fastify',
    serverCpu,
    [script('bare-fastify'), String(port), String(selfBytes), String(verifyBytes)],
    url,
  );
  const verifyUrl = `http://127.0.0.1:${port}/latchkey/v1/verify`;
  return { ...server, url, headers: {}, verify: { ...verify, url: verifyUrl } };
}

export async function startReplyFrom(port, upstream) {
  const url = `http://127.0.0.1:${port}/bench/items`;
  const server = await start(
    'bare @fastify/reply-from',
    serverCpu,
    [script('reply-from'), String(port), upstream],
    url,
  );
  return { ...server, url, headers: {} };
}

/** A Latchkey of its own with one service, one account and one key, whose secret is warm before anything is measured. */
export async function startLatchkey(mode, port, upstream) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const server = await start(
    `Latchkey, log ${mode}`,
    serverCpu,
    [latchkeyMain],
    `http://127.0.0.1:${port}/latchkey/health/ready`,
    {
      ACCESS_PORT: String(port),
      MANAGEMENT_PORT: String(port + 1),
      DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
      CALL_LOG_MODE: mode,
      LATCHKEY_DEMO: 'off',
    },
  );
  const operator = readFileSync(join(folder, 'operator.key'), 'utf8').trim();
  const manage = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port + 1}/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${operator}`, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok)
      throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  await manage('PUT', '/scopes/items.read', { description: 'Read items' });
  await manage('PUT', '/services/bench', { upstream, mount: '/bench' });
  await manage('PUT', '/services/bench/routes', {
    routes: [
      { method: 'GET', path: '/items', scopeSets: [['items.read']] },
      { method: 'POST', path: '/items', scopeSets: [['items.read']] },
    ],
  });
  const account = await manage('POST', '/accounts', { name: 'Bench' });
  const { secret } = await manage('POST', `/accounts/${account.id}/keys`, {
    name: 'Bench',
    scopes: ['items.read'],
  });
  const headers = { Authorization: `Bearer ${secret}` };
  const { id: operatorAccount } = (await manage('GET', '/accounts')).results.find(
    ({ id }) => id !== account.id,
  );
  const verifier = await manage('POST', `/accounts/${operatorAccount}/keys`, {
    name: 'Bench server',
    scopes: ['latchkey.verify'],
  });
  const self = `http://127.0.0.1:${port}/latchkey/v1/self`;
  const verify = {
    url: `http://127.0.0.1:${port}/latchkey/v1/verify`,
    method: 'POST',
    headers: {
      Authorization: `Bearer ${verifier.secret}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({
      credential: secret,
      method: 'GET',
      path: '/bench/items',
      callerIp: '203.0.113.7',
    }),
  };
  return {
    ...server,
    headers,
    ...{ self, verify },
    selfBytes: await answerBytes(self, { headers }),
    verifyBytes: await answerBytes(verify.url, verify),
    gateway: `http://127.0.0.1:${port}/bench/items`,
    stop: async () => {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answerBytes(url, request) {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}
