import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinnedTo } from './pinning.mjs';

/** The processor for what is measured, and the one for everything else. */
export const serverCpu = 0;
export const loadCpu = 1;

const { newSecret } = await import('../dist/src/core/secret-format.js');

const latchkeyMain = new URL('../dist/main.js', import.meta.url).pathname;
const script = (name) => new URL(`./servers/${name}.mjs`, import.meta.url).pathname;
const readyMsMax = 20_000;

/** Starts a server as a process of its own. `url` is asked until it answers. @param before the program, and what it is given first */
async function start(name, cpu, args, url, environment = {}, before = [process.execPath]) {
  const [command, ...rest] = pinnedTo(cpu, [...before, ...args]);
  const child = spawn(command, rest, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
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
  return { name, pid: child.pid, said: () => said, stop: () => stopped(child) };
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
export async function startBareFastify(port, { selfBytes, verifyBytes }) {
  const url = `http://127.0.0.1:${port}/latchkey/v1/self`;
  const server = await start(
    'bare Fastify',
    serverCpu,
    [script('bare-fastify'), String(port), String(selfBytes), String(verifyBytes)],
    url,
  );
  return { ...server, url, headers: {}, verifyUrl: `http://127.0.0.1:${port}/latchkey/v1/verify` };
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

/** better-auth's api-key plugin, set up as well as it can be. It says its key once it listens. */
export async function startBetterAuth(port) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const url = `http://127.0.0.1:${port}/verify`;
  const entry = new URL('./peers/better-auth.mjs', import.meta.url).pathname;
  const server = await start(
    'better-auth, verifyApiKey',
    serverCpu,
    [entry, String(port), join(folder, 'auth.db')],
    url,
  );
  return {
    ...server,
    url,
    headers: { 'X-Api-Key': server.said().trim() },
    stop: () => stoppedFor(server, folder),
  };
}

/** nginx that forwards and does nothing else: what a gateway could be at best. `null` where there is no nginx. */
export async function startNginx(port, upstream) {
  if (spawnSync('nginx', ['-v']).error !== undefined) return null;
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfiguration(folder, port, new URL(upstream).host));
  const url = `http://127.0.0.1:${port}/bench/items`;
  const command = ['nginx', '-p', folder, '-c', file];
  const server = await start('nginx, proxy_pass alone', serverCpu, command, url, {}, []);
  return { ...server, url, headers: {}, stop: () => stoppedFor(server, folder) };
}

async function stoppedFor(server, folder) {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** One process, as everything else that is measured; connections to the upstream are kept, as everywhere else. */
function nginxConfiguration(folder, port, upstream) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `  ${kind}_temp_path ${folder}/${kind};`,
  );
  return [
    ...[
      'daemon off;',
      'master_process off;',
      `pid ${folder}/nginx.pid;`,
      'error_log stderr error;',
    ],
    ...['events { worker_connections 4096; }', 'http {', '  access_log off;', ...temporary],
    ...[`  upstream api { server ${upstream}; keepalive 256; }`, '  keepalive_requests 1000000;'],
    ...['  server {', `    listen 127.0.0.1:${port};`, '    location /bench/ {'],
    ...['      proxy_pass http://api/;', '      proxy_http_version 1.1;'],
    ...['      proxy_set_header Connection "";', '    }', '  }', '}', ''],
  ].join('\n');
}

/**
 * A Latchkey whose data lie in a folder, which stays when it stops.
 *
 * @param extra `environment` beside what it needs, and `node`: options of Node.js
 */
export async function startLatchkeyIn(folder, mode, port, { environment = {}, node = [] } = {}) {
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
      ...environment,
    },
    [process.execPath, ...node],
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
  return { ...server, folder, manage, operator, port, managementPort: port + 1 };
}

/**
 * A Latchkey of its own with one service, one account and one key, whose secret is warm before anything is measured.
 *
 * @param extra as for `startLatchkeyIn`
 */
export async function startLatchkey(mode, port, upstream, extra) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const server = await startLatchkeyIn(folder, mode, port, extra);
  const { manage } = server;
  await manage('PUT', '/scopes/items.read', { description: 'Read items' });
  await manage('PUT', '/services/bench', { upstream, mount: '/bench' });
  await manage('PUT', '/services/bench/routes', {
    routes: [
      { method: 'GET', path: '/items', scopeSets: [['items.read']] },
      { method: 'POST', path: '/items', scopeSets: [['items.read']] },
    ],
  });
  const account = await manage('POST', '/accounts', { name: 'Bench' });
  const { id: keyId, secret } = await manage('POST', `/accounts/${account.id}/keys`, {
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
  /** The check of one credential. */
  const verifyOf = (credential) => ({
    url: `http://127.0.0.1:${port}/latchkey/v1/verify`,
    method: 'POST',
    headers: {
      Authorization: `Bearer ${verifier.secret}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({
      ...{ credential, method: 'GET', path: '/bench/items', callerIp: '203.0.113.7' },
    }),
  });
  const verify = verifyOf(secret);
  // One that could be a key of ours and is none, and one that has a digit wrong.
  const stranger = newSecret('lk', 'production');
  const refused = [
    { name: 'a key that is not known', secret: stranger },
    {
      name: 'a key with a digit wrong',
      secret: stranger.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
    },
  ].map((one) => ({
    ...{ name: one.name, url: self, denied: true },
    headers: { Authorization: `Bearer ${one.secret}` },
  }));
  return {
    ...server,
    accountId: account.id,
    keyId,
    headers,
    ...{ self, verify, verifyOf, refused },
    selfBytes: await answerBytes(self, { headers }),
    verifyBytes: await answerBytes(verify.url, verify),
    gateway: `http://127.0.0.1:${port}/bench/items`,
    /** Its folder stays. */
    pause: server.stop,
    stop: () => stoppedFor(server, folder),
  };
}

async function answerBytes(url, request) {
  const response = await fetch(url, request);
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.arrayBuffer()).byteLength;
}
