import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DataSource } from 'typeorm';
import { StartError } from '../../src/core/start-error.js';
import { makeFolderOf, writerOptions } from '../../src/store/data-source-options.js';
import { migrateMainDatabase } from '../../src/store/migrate.js';
import { lockDatabase } from '../../src/store/process-lock.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
} from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';

/** One line for a person: what is wrong, and nothing of the driver's. */
async function refusal(starting: () => unknown): Promise<string> {
  try {
    await starting();
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    const { message } = error as StartError;
    expect(message).toMatch(/^[^\n]+\.$/);
    return message;
  }
  throw new Error('Nothing was refused.');
}

describeOnEachDatabase('migrating', (kind) => {
  let home: TestDatabase;

  beforeEach(async () => {
    home = await makeDatabase(kind);
  });

  afterEach(() => home.remove());

  it('an empty database makes it usable; doing it again changes nothing', async () => {
    const store = await openStore(home);
    await store.openAccount();
    const before = await wholeDatabase(store);
    await migrateMainDatabase(home.databaseUrl);
    expect(await wholeDatabase(store)).toEqual(before);
    await store.close();
  });

  it('can be taken back, and done again', async () => {
    await migrateMainDatabase(home.databaseUrl);
    const dataSource = await new DataSource(writerOptions(home.databaseUrl)).initialize();
    for (const _migration of dataSource.migrations) await dataSource.undoLastMigration();
    for (const { tableName } of dataSource.entityMetadatas) {
      await expect(dataSource.query(`SELECT 1 FROM ${tableName}`)).rejects.toThrow(/exist|no such/);
    }
    await dataSource.runMigrations();
    await dataSource.query('SELECT 1 FROM account');
    await dataSource.destroy();
  });

  it('#95 is completed by the next start when it was killed midway', async () => {
    const dataSource = await new DataSource(writerOptions(home.databaseUrl)).initialize();
    const runner = dataSource.createQueryRunner();
    const query = runner.query.bind(runner) as (...asked: unknown[]) => Promise<unknown>;
    let left = 12;
    runner.query = (async (...asked: unknown[]) => {
      if (--left < 0) throw new Error('killed');
      return query(...asked);
    }) as typeof runner.query;
    const [migration] = dataSource.migrations;
    await runner.startTransaction();
    await expect(migration?.up(runner)).rejects.toThrow('killed');
    // What a process leaves that is killed here: its uncommitted transaction, and on SQLite the files as they lie there.
    if (kind === 'sqlite') await migrateCopyOf(home);
    else await home.postgres?.disconnectAll();
    await dataSource.destroy();
    const store = await openStore(home);
    await store.openAccount();
    await store.close();
  });

  it('is done once by nodes that start together', async () => {
    if (kind === 'sqlite') return; // One process at a time: the next suite.
    await Promise.all(Array.from({ length: 5 }, () => migrateMainDatabase(home.databaseUrl)));
    const store = await openStore(home);
    expect(await store.reader.query('SELECT count(*)::int AS times FROM migrations')).toEqual([
      { times: store.writer.migrations.length },
    ]);
    await store.close();
  });
});

describe('a PostgreSQL that cannot be used', () => {
  const url = (text: string) => migrateMainDatabase({ kind: 'postgres', url: text });

  it.each([
    ['nobody listens', 'postgres://me:hunter2@127.0.0.1:1/x'],
    ['nobody listens, on either address', 'postgres://me:hunter2@localhost:1/x'],
    ['there is no such host', 'postgres://me:hunter2@nowhere.invalid/x'],
  ])('is refused in one line without its password: %s', async (_why, text) => {
    const line = await refusal(() => url(text));
    expect(line).toMatch(/^The database at DATABASE_URL cannot be used: \S/);
    expect(line).not.toContain('hunter2');
  });
});

describe('#94 a SQLite file that is not whole', () => {
  let home: TestDatabase;
  let path: string;

  beforeEach(async () => {
    home = await makeDatabase('sqlite');
    path = home.url.slice('sqlite:'.length);
    const store = await openStore(home);
    for (let i = 0; i < 50; i += 1) await store.openAccount({ name: 'x'.repeat(2000) });
    await store.close();
  });

  afterEach(() => home.remove({ 'latchkey.db': 'damaged by each of these tests' }));

  const damages: [string, () => void][] = [
    ['cut after the first page', () => truncateSync(path, 4096)],
    ['cut in the middle of a page', () => truncateSync(path, 4096 * 3 + 17)],
    ['cut by its last page', () => truncateSync(path, readFileSync(path).length - 4096)],
    ['cut to less than a header', () => truncateSync(path, 50)],
    ['overwritten at its beginning', () => overwrite(0, 100)],
    ['overwritten in its first page', () => overwrite(100, 1000)],
    ['overwritten throughout', () => overwrite(4096 * 5, 4096 * 10)],
    ['no database at all', () => writeFileSync(path, 'Dear diary,\n'.repeat(1000))],
  ];
  const overwrite = (from: number, length: number) => {
    const bytes = readFileSync(path);
    bytes.fill(0x5a, from, from + length);
    writeFileSync(path, bytes);
  };

  it.each(damages)('is refused, and left as it is: %s', async (_how, damage) => {
    damage();
    const before = readFileSync(path);
    expect(await refusal(() => migrateMainDatabase(home.databaseUrl))).toBe(
      `${path} is damaged or is no SQLite database. Put a backup in its place; nothing was changed.`,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('is refused where a folder lies in its place', async () => {
    rmSync(path);
    mkdirSync(path);
    expect(await refusal(() => migrateMainDatabase(home.databaseUrl))).toContain(path);
  });
});

describe('#93 the lock on a SQLite database', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = makeFolder('lock');
    path = join(folder, 'latchkey.db');
  });

  afterEach(() => removeFolder(folder));

  it('is held by one at a time', async () => {
    const lock = lockDatabase(path);
    expect(await refusal(() => lockDatabase(path))).toBe(
      `Another Latchkey process is using ${path}. Stop it first, or give this one a DATABASE_URL of its own.`,
    );
    lock.release();
    lockDatabase(path).release();
  });

  it('is not got round by another name for the same file', async () => {
    writeFileSync(path, '');
    const alias = join(folder, 'alias.db');
    symlinkSync(path, alias);
    const lock = lockDatabase(path);
    expect(await refusal(() => lockDatabase(alias))).toContain('Another Latchkey process');
    lock.release();
  });

  it('leaves the database to readers and to a backup', () => {
    const lock = lockDatabase(path);
    const handle = new SqliteDatabase(path);
    handle.exec('CREATE TABLE t (a)');
    expect(handle.prepare('SELECT count(*) AS rows FROM t').get()).toEqual({ rows: 0 });
    handle.close();
    lock.release();
  });

  it('says in one line why it cannot be had', async () => {
    mkdirSync(`${path}.lock`);
    expect(await refusal(() => lockDatabase(path))).toContain(`${path}.lock`);
    const beneathAFile = join(folder, 'file', 'latchkey.db');
    writeFileSync(join(folder, 'file'), '');
    expect(await refusal(() => lockDatabase(beneathAFile))).toContain(beneathAFile);
    const line = await refusal(() => makeFolderOf({ kind: 'sqlite', path: beneathAFile }));
    expect(line).toContain(dirname(beneathAFile));
  });
});

async function migrateCopyOf(home: TestDatabase): Promise<void> {
  const path = home.url.slice('sqlite:'.length);
  const copy = join(dirname(path), 'copy');
  mkdirSync(copy);
  for (const file of readdirSync(dirname(path)).filter((name) => name.startsWith('latchkey.db')))
    copyFileSync(join(dirname(path), file), join(copy, file));
  const databaseUrl = { kind: 'sqlite', path: join(copy, 'latchkey.db') } as const;
  expect(existsSync(databaseUrl.path)).toBe(true);
  const store = await openStore({ ...home, databaseUrl });
  await store.openAccount();
  await store.close();
}
