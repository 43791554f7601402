import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startTestLatchkey } from '../support/latchkey.js';
import { WorkFolder } from '../support/work-folder.js';

// Each starts a process or several, and they share two cores with all the other tests.
jest.setTimeout(90_000);

let folder: WorkFolder;

beforeEach(() => {
  folder = new WorkFolder();
});

afterEach(() => folder.remove());

const files = () => readdirSync(join(folder.path, 'data')).toSorted();
const inData = (name: string) => join(folder.path, 'data', name);

/** A port of this address that nobody uses, as far as can be known. */
async function freePort(host: string): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

function isReachable(host: string, port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

describe('§1 the listeners', () => {
  it('are where their hosts and ports say, and nowhere else', async () => {
    const [accessHost, managementHost, elsewhere] = ['127.0.0.21', '127.0.0.22', '127.0.0.23'];
    const [accessPort, managementPort] = [
      await freePort(accessHost),
      await freePort(managementHost),
    ];
    const latchkey = await startTestLatchkey({
      ...{ ACCESS_HOST: accessHost, ACCESS_PORT: accessPort },
      ...{ MANAGEMENT_HOST: managementHost, MANAGEMENT_PORT: managementPort },
    });
    try {
      expect(latchkey.accessUrl).toBe(`http://${accessHost}:${accessPort}`);
      expect(latchkey.managementUrl).toBe(`http://${managementHost}:${managementPort}`);
      const secret = latchkey.operatorKey;
      expect((await latchkey.call('GET', '/latchkey/v1/self', { secret })).status).toBe(200);
      expect((await latchkey.ask('GET', '/v1/accounts', { secret })).status).toBe(200);
      for (const [host, port] of [
        [elsewhere, accessPort],
        [elsewhere, managementPort],
        [accessHost, managementPort],
        [managementHost, accessPort],
      ] as const)
        expect([host, port, await isReachable(host, port)]).toEqual([host, port, false]);
    } finally {
      await latchkey.remove();
    }
  });

  it('both say that Latchkey is ready, to everyone', async () => {
    const latchkey = await startTestLatchkey();
    try {
      for (const send of [latchkey.call, latchkey.ask]) {
        const answer = await send('GET', '/latchkey/health/ready');
        expect([answer.status, answer.json.status]).toEqual([200, 'ready']);
      }
    } finally {
      await latchkey.remove();
    }
  });
});

describe('§1 where things are kept if nothing is set', () => {
  it('both databases and the keys, in ./data; both databases are made by migrations', async () => {
    const process = folder.run();
    await process.running;
    expect(await process.stop()).toBe(0);
    expect(files().filter((name) => !/-(wal|shm)$|\.lock$/.test(name))).toEqual([
      ...['call-log-days', 'call-log-junk.db', 'call-log.db', 'latchkey.db'],
      ...['operator.key', 'pepper.key', 'sealing.key'],
    ]);
    for (const name of ['operator.key', 'pepper.key', 'sealing.key']) {
      expect([name, statSync(inData(name)).mode & 0o777]).toEqual([name, 0o600]);
      expect(process.stdout()).toContain(`data/${name}`);
      expect(process.stdout() + process.stderr()).not.toContain(textOf(name));
    }
    expect(textOf('operator.key')).toMatch(/^lk_prod_[0-9A-Za-z]{38}$/);
    for (const name of ['latchkey.db', 'call-log.db']) {
      const database = new SqliteDatabase(inData(name), { readonly: true });
      const made = database.prepare('SELECT name FROM migrations').all();
      database.close();
      expect([name, made]).toEqual([name, expect.arrayContaining([expect.anything()])]);
    }
  });

  const textOf = (name: string) => readFileSync(inData(name), 'utf8').trim();

  it('or where DATABASE_URL and CALL_LOG_URL say', async () => {
    const process = folder.run({
      DATABASE_URL: 'sqlite:./elsewhere/main.db',
      CALL_LOG_URL: 'sqlite:./log/calls.db',
    });
    await process.running;
    expect(await process.stop()).toBe(0);
    for (const name of ['elsewhere/main.db', 'elsewhere/pepper.key', 'log/calls.db']) {
      expect([name, existsSync(join(folder.path, name))]).toEqual([name, true]);
    }
    expect(existsSync(join(folder.path, 'data'))).toBe(false);
  });
});

describe('§1 a bad value stops the start with one line', () => {
  const secret = 'Hunter2-of-the-house';
  // Every variable and every bad value stands in settings.spec.ts; here are those whose value must not be shown.
  const bad: [what: string, variable: string, value: string, shown: string, takes: RegExp][] = [
    ['a database of another kind', 'DATABASE_URL', `mysql://me:${secret}@db/x`, '36', /postgres:/],
    ['an operator key of 31', 'OPERATOR_KEY', `${secret}-31-chars..`, '31', /32 to 512/],
    ['one that looks like ours', 'OPERATOR_KEY', `lk_${secret}-x-x-x-x-x`, '33', /with lk_/],
    ['a mail server by HTTP', 'SMTP_URL', `http://me:${secret}@mail`, '35', /smtp:/],
    ['a pepper that is too short', 'KEY_PEPPER', secret, '20', /32 bytes/],
  ];
  it.each(bad)('%s: its name, what it held, what it takes', async (_what, ...each) => {
    const [variable, value, length, takes] = each;
    const process = folder.run({ [variable]: value });
    expect([await process.ended, process.stdout()]).toEqual([1, '']);
    const line = process.stderr();
    const start = `${variable} is "*** (${length} characters)", which cannot be used: it takes `;
    expect([line.slice(0, start.length), line.trimEnd()]).toEqual([
      ...[start, expect.stringMatching(/^[^\n]+$/)],
    ]);
    expect(line).toMatch(takes);
    expect(line).not.toContain(secret);
  });
});
