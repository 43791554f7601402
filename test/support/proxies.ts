import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder } from './swept-folder.js';
import { watchOutput } from './swept-output.js';
import { until } from './until.js';

/** A proxy that Debian has, so that the ready configuration is tried with the program itself. */
export type ProxyName = 'nginx' | 'caddy' | 'haproxy';

interface Program {
  /** Prints the version; ends well where the program is there. */
  readonly version: readonly string[];
  /** @param folder where the configuration is, and all that it writes */
  readonly start: (folder: string) => readonly string[];
  /** What belongs to the machine and not to the configuration: where files are, and how it runs beside others. */
  readonly around?: (text: string, folder: string) => string;
}

const programs: Readonly<Record<ProxyName, Program>> = {
  nginx: {
    version: ['nginx', '-v'],
    start: (folder) => ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'],
  },
  caddy: {
    version: ['caddy', 'version'],
    start: (folder) => ['caddy', 'run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    around: (text) => `{\n\tadmin off\n}\n${text}`,
  },
  haproxy: {
    version: ['haproxy', '-v'],
    start: (folder) => ['haproxy', '-db', '-f', join(folder, 'haproxy.cfg')],
    around: (text, folder) => text.replace('/etc/haproxy/', `${folder}/`),
  },
}; // prettier-ignore

/** What Debian's package puts around a file in conf.d. */
const nginxConf = `
${process.getuid?.() === 0 ? 'user root;' : '# Run as whoever runs the tests.'}
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events {}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include api.conf;
}
`;

/** @returns what is absent of the programs that there are tests with, or `null` */
export function absentProxy(name: ProxyName): string | null {
  const [program = '', ...parameters] = programs[name].version;
  const { error, status } = spawnSync(program, parameters);
  return error === undefined && status === 0 ? null : `there is no ${name}`;
}

export interface RunningProxy {
  readonly url: string;
  /** What it has printed. */
  printed(): string;
  close(): Promise<void>;
}

/**
 * Runs a proxy with its configuration of `deploy/`, in which nothing is changed but the three addresses.
 *
 * @param accessUrl of Latchkey's access listener
 * @param apiUrl of the upstream
 * @param listenOn the address it listens on
 */
export async function startProxy(
  name: ProxyName,
  accessUrl: string,
  apiUrl: string,
): Promise<RunningProxy> {
  const folder = makeFolder(name);
  const port = await freePort();
  const addresses: [string, string][] = [
    ['127.0.0.1:8080', new URL(accessUrl).host],
    ['127.0.0.1:9000', new URL(apiUrl).host],
    ['127.0.0.1:8000', `127.0.0.1:${port}`],
  ];
  const { start, around = (text) => text } = programs[name];
  const source = fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url));
  for (const file of readdirSync(source)) {
    const text = readFileSync(join(source, file), 'utf8');
    const placed = addresses.reduce((before, [from, to]) => before.replaceAll(from, to), text);
    const isMain = file !== 'latchkey.lua';
    writeFileSync(join(folder, file), isMain ? around(placed, folder) : placed);
  }
  if (name === 'nginx') writeFileSync(join(folder, 'nginx.conf'), nginxConf);
  const [program = '', ...parameters] = start(folder);
  const child = spawn(program, parameters, {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed += text));
  watchOutput(name, () => printed);
  let hasEnded = false;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void ended.then(() => (hasEnded = true));
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    removeFolder(folder);
  };
  await until(`${name} listens`, async () => {
    if (hasEnded) throw new Error(`${name} ended: ${printed}`);
    return listens(port);
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { url: `http://127.0.0.1:${port}`, printed: () => printed, close };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
