import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { chmodSync, copyFileSync, existsSync, truncateSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { newSecret } from '../src/core/secret-format.js';
import { PinoLogger } from '../src/platform/logging/pino-logger.js';
import { meetKey, meetSecret } from './support/met-secrets.js';
import { describeWithPostgres, makePostgres } from './support/postgres.js';
import { sweepAnswer } from './support/swept-answers.js';
import { makeFolder, removeFolder } from './support/swept-folder.js';
import { logLines } from './support/swept-output.js';

const newOne = () => newSecret('lk', 'production');
const startOf = (secret: string) => secret.slice(0, 12);

describe('#28 the sweep of a folder finds a secret', () => {
  let folder: string;
  let secret: string;

  beforeEach(() => {
    folder = makeFolder('sweep');
    secret = newOne();
  });

  afterEach(() => expect(existsSync(folder)).toBe(false));

  const at = (name: string) => join(folder, name);
  const remove = (damaged?: Record<string, string>) => () => removeFolder(folder, damaged);

  /** A database in which something is written, closed in good order unless it is looked at while open. */
  function writeDatabase(write: (database: SqliteDatabase.Database) => void): void {
    const database = new SqliteDatabase(at('some.db'));
    write(database);
    database.close();
  }

  /** Rows that run over two pages, the first of which ends at ever another place around the secret. */
  function writeSplitRows(database: SqliteDatabase.Database, encoding: BufferEncoding | null) {
    database.exec('CREATE TABLE note (body)');
    const insert = database.prepare('INSERT INTO note VALUES (?)');
    return Array.from({ length: 55 }, (_, row) => {
      const one = newOne();
      const behind = (3990 + 2 * row) / (encoding === 'utf16le' ? 2 : 1);
      const text = `${'x'.repeat(600)}${one}${'y'.repeat(behind)}`;
      insert.run(encoding === null ? text : Buffer.from(text, encoding));
      return startOf(one);
    });
  }

  it('in a file of any kind, in a folder within, and shows no more than its start', async () => {
    await mkdir(at('data'));
    writeFileSync(at('data/some.journal'), `key=${secret}`);
    expect(remove()).toThrow(`data/some.journal, at 4: ${startOf(secret)}… (plain)`);
    expect(remove()).not.toThrow();
  });

  it('and does not repeat it', () => {
    writeFileSync(at('some.txt'), secret);
    expect(remove()).toThrow(expect.not.stringContaining(secret.slice(0, 13)));
  });

  it.each([
    ['text', null],
    ['bytes', 'latin1'],
    ['UTF-16', 'utf16le'],
  ] as const)('in a row that a page cuts in two, wherever: %s', (_what, encoding) => {
    let starts: string[] = [];
    writeDatabase((database) => {
      starts = writeSplitRows(database, encoding);
    });
    const lines = messageOf(remove()).split('\n');
    const foundIn = (place: string) => {
      const found = lines.filter((line) => line.startsWith(`  ${place}, at `));
      return starts.filter((start) => found.some((line) => line.includes(` ${start}… `)));
    };
    expect(foundIn('some.db, table note')).toEqual(starts);
    // Its bytes alone would not have shown them all.
    expect(starts).not.toEqual(foundIn('some.db'));
  });

  it('in a row that was deleted, as far as it is still on disk', () => {
    writeDatabase((database) => {
      database.exec('CREATE TABLE note (body)');
      database.prepare('INSERT INTO note VALUES (?)').run(secret);
      database.exec('DELETE FROM note');
    });
    expect(remove()).toThrow(/some\.db, at \d+: lk_prod_\w{4}… \(plain\)/);
  });

  it('in a write-ahead log that a killed process has left', () => {
    const living = new SqliteDatabase(at('living.db'));
    living.pragma('journal_mode = WAL');
    living.exec('CREATE TABLE note (body)');
    living.prepare('INSERT INTO note VALUES (?)').run(secret);
    for (const part of ['', '-wal']) copyFileSync(at(`living.db${part}`), at(`left.db${part}`));
    living.exec("UPDATE note SET body = ''; VACUUM");
    living.close();
    const message = messageOf(remove());
    expect(message).toMatch(/left\.db-wal, at \d+: lk_prod/);
    expect(message).toMatch(/left\.db, table note, at 0: lk_prod/);
  });

  it('of any kind that was met, and a key in any spelling', () => {
    const key = Buffer.from('0123456789abcdefghijklmnopqrstuv');
    meetKey(key);
    meetSecret('a-secret-brought-along');
    writeFileSync(at('pepper'), `pepper: ${key.toString('hex')}`);
    writeFileSync(at('legacy'), 'GET /?q=a-secret-brought-along');
    const message = messageOf(remove());
    expect(message).toContain('pepper, at 8: a key… (hexadecimal)');
    expect(message).toContain('legacy, at 12: a-se… (plain)');
  });

  it('elsewhere that lies in a key file, and that file only if others can read it', () => {
    const [pepper, demo] = [randomBytes(32).toString('base64url'), newOne()];
    const files = {
      'operator.key.123.unfinished': secret,
      'pepper.key': `1:${pepper}`,
      'demo-keys.json': JSON.stringify({ secrets: { key_1: [demo] } }),
    };
    for (const [name, text] of Object.entries(files))
      writeFileSync(at(name), `${text}\n`, { mode: 0o600 });
    writeFileSync(at('copy'), [secret, pepper, demo].map((text) => text.slice(12)).join());
    const lines = messageOf(remove()).split('\n').slice(1);
    expect(lines).toEqual([
      `  copy, at 0: ${startOf(secret)}… (plain)`,
      '  copy, at 35: a key… (plain)',
      `  copy, at 67: ${startOf(demo)}… (plain)`,
      '  copy, at 35: a key… (base64)',
    ]);
  });

  it.each(['640', '604', '400', '700'])('key file whose mode is not 600 but %s', (mode) => {
    writeFileSync(at('operator.key'), secret);
    chmodSync(at('operator.key'), Number.parseInt(mode, 8));
    expect(remove()).toThrow('operator.key can be read by others');
  });

  it('in a damaged database by its bytes, and says so if it was not told of the damage', () => {
    const damage = () => {
      writeDatabase((database) => {
        database.exec('CREATE TABLE note (body)');
        const insert = database.prepare('INSERT INTO note VALUES (?)');
        for (let row = 0; row < 9; row += 1) insert.run('x'.repeat(4000));
      });
      truncateSync(at('some.db'), 5000);
    };
    damage();
    expect(remove()).toThrow('some.db cannot be read: SqliteError');
    folder = makeFolder('sweep');
    damage();
    expect(remove({ 'some.db': 'cut off' })).not.toThrow();
    folder = makeFolder('sweep');
    damage();
    writeFileSync(at('some.db'), secret, { flag: 'a' });
    expect(remove({ 'some.db': 'cut off' })).toThrow(`some.db, at 5000: ${startOf(secret)}…`);
  });

  it('in a line of the log', () => {
    const { written } = logLines;
    // It is not shown: what the test run prints is looked through as well.
    const log = new PinoLogger({ write: (line) => (logLines.written += line) });
    log.warn(`Nobody has ${secret.replaceAll('_', '%5f')}`);
    expect(remove()).toThrow(/the log, at \d+: lk_prod_\w{4}… \(percent-encoded\)/);
    logLines.written = written;
  });

  function messageOf(act: () => void): string {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('It was removed without a word.');
  }
});

describeWithPostgres('#28 the sweep of a PostgreSQL database', () => {
  it.each([
    ['text', 'text', (secret: string) => secret],
    ['JSON', 'jsonb', (secret: string) => JSON.stringify({ a: [secret] })],
    ['bytes', 'bytea', (secret: string) => Buffer.from(secret)],
    ['a list', 'text[]', (secret: string) => [secret]],
  ])('finds a secret in any schema: %s', async (_what, type, value) => {
    const postgres = await makePostgres();
    const client = new pg.Client({ connectionString: postgres.url });
    client.on('error', () => {});
    await client.connect();
    await client.query(
      `CREATE SCHEMA "the log"; CREATE TABLE "the log".note (id int, body ${type})`,
    );
    const secret = newOne();
    await client.query('INSERT INTO "the log".note VALUES (1, $1)', [value(secret)]);
    await expect(postgres.drop()).rejects.toThrow(
      new RegExp(`table "the log"\\.note, at \\d+: ${startOf(secret)}…`),
    );
    await expect(new pg.Client({ connectionString: postgres.url }).connect()).rejects.toThrow(
      'does not exist',
    );
  });
});

describe('#28 the sweep of an answer', () => {
  const ask = 'GET /v1/accounts?limit=1';
  const answer = (status: number, text: string, headers: Record<string, string> = {}) => ({
    ...{ status, text, headers: new Map(Object.entries(headers)) },
  });

  it('lets a secret through where it is issued, to be kept by nobody', () => {
    const issued = JSON.stringify({ id: 'key_1', secret: newOne() });
    expect(() =>
      sweepAnswer(ask, answer(201, issued, { 'cache-control': 'no-store' })),
    ).not.toThrow();
    expect(() => sweepAnswer(ask, answer(201, issued, { 'cache-control': 'private' }))).toThrow(
      'may be kept',
    );
    expect(() => sweepAnswer(ask, answer(201, issued))).toThrow('may be kept');
  });

  it('remembers what was issued, so that a piece of it is found', () => {
    const secret = newOne();
    const noStore = { 'cache-control': 'no-store' };
    sweepAnswer(ask, answer(201, JSON.stringify({ secret }), noStore));
    const piece = JSON.stringify({ message: `… ${secret.slice(20)}` });
    expect(() => sweepAnswer(ask, answer(200, piece))).toThrow(startOf(secret));
  });

  it.each([
    ['elsewhere in an answer', 200, (secret: string) => JSON.stringify({ key: { secret } })],
    ['twice', 200, (secret: string) => JSON.stringify({ secret, again: secret })],
    ['in an error', 400, (secret: string) => JSON.stringify({ secret })],
    ['in a page', 404, (secret: string) => `<p>${secret}</p>`],
    ['in a redirect', 302, (secret: string) => secret],
  ])('finds one %s', (_where, status, write) => {
    const secret = newOne();
    const seen = answer(status, write(secret), { 'cache-control': 'no-store' });
    expect(() => sweepAnswer(ask, seen)).toThrow(startOf(secret));
  });

  it('finds one in a header', () => {
    const secret = newOne();
    const seen = answer(302, '', { location: `/?hapikey=${secret}` });
    expect(() => sweepAnswer(ask, seen)).toThrow(startOf(secret));
  });

  it.each([
    ['hapikey', 'GET /crm?a=1&hapikey=Zq%2B81.a-b_c~d%2Fe-f0 HTTP/1.1'],
    ['bearer', 'GET /crm\nAuthorization: bearer  Zq+81.a-b_c~d/e-f0'],
    ['access token', 'GET /crm HTTP/1.1\r\nX-Access-Token: Zq+81.a-b_c~d/e-f0\r\n\r\n'],
    ['curl', "curl -i 'http://a/' -H 'Authorization: Bearer Zq+81.a-b_c~d/e-f0'"],
  ])('an error repeats nothing of what came as the credential: %s', (_where, sent) => {
    const error = answer(401, 'Nobody has Zq+81.a-b_c~d/e-f0.');
    expect(() => sweepAnswer(sent, error)).toThrow('Zq+8…');
    expect(() => sweepAnswer(sent, answer(401, 'Nobody has Zq+8….'))).not.toThrow();
    expect(() => sweepAnswer('GET /crm', error)).not.toThrow();
  });

  it('an upstream credential that was handed over is a secret from then on', () => {
    const credential = { in: 'header', name: 'X-Key', value: 'open "sesame" and nothing else' };
    const sent = `PUT /v1/services/crm\n${JSON.stringify({ mount: '/crm', credential })}`;
    sweepAnswer(sent, answer(200, '{}'));
    expect(() => sweepAnswer(ask, answer(200, credential.value))).toThrow('open…');
  });
});
