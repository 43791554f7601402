import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { makeFolder, removeFolder } from './swept-folder.js';

/** Where Debian has the programs of its server, one folder per major version. */
const installed = '/usr/lib/postgresql';

/** Milliseconds. It reads its journal before it takes anybody in. */
const startTimeoutMs = 60_000;

const programs = programsOfNewest();

/** Why no server of a test's own can be run here; `null` if one can. */
export function absenceOfServer(): string | null {
  if (programs === null) return `no initdb lies in ${installed}/*/bin`;
  if (isRoot() && owner() === null) return 'PostgreSQL does not run as root, and has no user here';
  return null;
}

/** A PostgreSQL server of a test's own, on a disk of its own, that is killed and started again. */
export class MortalPostgres {
  readonly #folder = makeFolder('server');
  readonly #data = join(this.#folder, 'data');
  readonly #port: number;
  #server: ChildProcess | null = null;
  #ended: Promise<unknown> = Promise.resolve();

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<MortalPostgres> {
    const server = new MortalPostgres(await freePort());
    const { uid, gid } = asOwner();
    if (uid !== undefined && gid !== undefined) chownSync(server.#folder, uid, gid);
    const rules = ['--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C'];
    const initdb = join(programs ?? '', 'initdb');
    execFileSync(initdb, [`--pgdata=${server.#data}`, ...rules], {
      ...asOwner(),
      cwd: server.#folder,
      stdio: 'ignore',
    });
    await server.startAgain();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.#port}/postgres`;
  }

  /** Resolves when it answers. One of its killed processes that is not gone yet keeps it from starting: it is tried again. */
  async startAgain(): Promise<void> {
    const deadline = performance.now() + startTimeoutMs;
    while (!(await this.#answers())) {
      if (performance.now() > deadline) throw new Error('The PostgreSQL server did not start.');
      if (this.#server === null) this.#run();
      await sleep(20);
    }
  }

  /** Kills the server and every process of it, at once. Resolves when they are gone. */
  async kill(): Promise<void> {
    const pid = this.#server?.pid;
    if (pid === undefined) return;
    const all = [pid, ...childrenOf(pid)];
    for (const each of all) killHard(each);
    await this.#ended;
    while (all.some(isAlive)) await sleep(2);
  }

  /** @throws if a secret lies in its files, be it in its journal */
  async remove(): Promise<void> {
    await this.kill();
    removeFolder(this.#folder);
  }

  #run(): void {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on'];
    const server = spawn(
      join(programs ?? '', 'postgres'),
      ['-D', this.#data, '-p', String(this.#port), ...settings.flatMap((each) => ['-c', each])],
      { ...asOwner(), cwd: this.#folder, stdio: 'ignore' },
    );
    this.#server = server;
    this.#ended = new Promise((resolve) => server.once('exit', resolve)).then(() => {
      this.#server = null;
    });
  }

  async #answers(): Promise<boolean> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: 1_000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      await client.end().catch(() => {});
    }
  }
}

function programsOfNewest(): string | null {
  if (!existsSync(installed)) return null;
  const folders = readdirSync(installed)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(installed, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

/** Each process of the server is a child of its first. */
function childrenOf(pid: number): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((each) => statOf(each)?.parent === pid);
}

/** A process that is dead, and only waits to be noticed, is gone. */
function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

function statOf(pid: number): { state: string; parent: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before these, in parentheses, may hold anything.
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The server refuses to run as root. */
function asOwner(): { uid?: number; gid?: number } {
  return isRoot() ? (owner() ?? {}) : {};
}

function owner(): { uid: number; gid: number } | null {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

/** Asked for once: the server keeps it over all its lives, so that who was connected finds it again. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
