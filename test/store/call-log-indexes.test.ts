import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase, { type RunResult } from 'better-sqlite3';
import { packCall, positionsPerMs, type Cell } from '../../src/store/call-log/call-columns.js';
import { dayAt, nameOfDay, positionsOf } from '../../src/store/call-log/days/call-day.js';
import {
  daysFolderOf,
  indexPathOf,
  namesIn,
  pathOfDay,
} from '../../src/store/call-log/days/call-days-folder.js';
import { makeDayFile } from '../../src/store/call-log/days/day-schema.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { SqlitePruner } from '../../src/store/call-log/prune/sqlite-pruner.js';
import type { CallFilter } from '../../src/store/call-log/read/call-filter.js';
import { SqliteSink } from '../../src/store/call-log/write/sqlite-sink.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { expectRowsFound } from '../support/found-rows.js';
import { makeDatabase, type TestDatabase } from '../support/store.js';

const dayMs = 86_400_000;
const nodeId = 'nod_1';

let home: TestDatabase;
let log: TestCallLog;
let path: string;
let seq: number;

beforeEach(async () => {
  home = await makeDatabase('sqlite');
  log = await TestCallLog.create(home);
  path = home.url.slice('sqlite:'.length);
  seq = 0;
});

afterEach(async () => {
  jest.restoreAllMocks();
  await log.close();
  await home.remove();
});

const today = () => pathOfDay(daysFolderOf(path), dayAt(Date.now()));

function openSink(): SqliteSink {
  const settings = { mode: 'durable', nodeId, runId: 'run_1', timeoutMs: 100 } as const;
  const sink = new SqliteSink(path, { ...settings, database: { kind: 'sqlite', path } });
  sink.open();
  return sink;
}

/** Rows of several keys and addresses, one of them without either. */
function cellsOf(count: number, at = Date.now()): Cell[] {
  const cells: Cell[] = [];
  for (let i = 0; i < count; i += 1) {
    seq += 1;
    const position = at * positionsPerMs + seq;
    const call = exampleCall(
      { nextPosition: () => position },
      i === 3
        ? { id: `call_${seq}`, accountId: null, keyId: null, secretId: null, callerIp: null }
        : {
            id: `call_${seq}`,
            keyId: `key_${i % 3}`,
            secretId: `sec_${i % 3}`,
            callerIp: `10.0.0.${i % 5}`,
          },
    );
    packCall(cells, call, nodeId, seq);
  }
  return cells;
}

const group = (cells: readonly Cell[]) => ({ cells, completions: [], salvage: false });

function inDatabase<T>(file: string, work: (database: SqliteDatabase.Database) => T): T {
  const database = new SqliteDatabase(file);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

const markOf = (file: string) =>
  inDatabase(indexPathOf(file), (index) =>
    index.prepare('SELECT last_seq FROM indexed').pluck().get(),
  );

describe('the indexes of a day', () => {
  it('hold what was written some time before, or when somebody asks', async () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    expect(namesIn(daysFolderOf(path)).filter((name) => name.includes('index'))).toEqual([]);
    await sink.caughtUp();
    expect([markOf(today()), seq]).toEqual([10, 10]);
    expectRowsFound(path);
    sink.write(group(cellsOf(10)));
    expect(markOf(today())).toBe(10);
    sink.close(true);
    expect(markOf(today())).toBe(20);
    expectRowsFound(path);
  });

  it('are asked for what has just been committed, before each search', async () => {
    const writer = await log.writer();
    for (const filter of [{ keyId: 'key_1' }, { ip: '10.9.9.9' }, { accountId: 'acc_1' }]) {
      const call = exampleCall(writer, { callerIp: '10.9.9.9' });
      await writer.write(call);
      expect(await newestOf(filter)).toBe(call.id);
    }
  });

  const newestOf = async (filter: CallFilter) =>
    (await log.store.search(filter, { limit: 1 })).calls[0]?.id;

  it.each([
    ['missing', (file: string) => rmSync(file)],
    ['cut off', (file: string) => truncateSync(file, 5_000)],
    ['empty', (file: string) => truncateSync(file, 0)],
    ['another file', (file: string) => writeFileSync(file, 'x'.repeat(9_000))],
    [
      'of a later version',
      (file: string) => inDatabase(file, (database) => database.pragma('user_version = 99')),
    ],
  ])('are made of the rows again where the file is %s', async (_what, damage) => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    sink.write(group(cellsOf(10, Date.now() - dayMs)));
    sink.close(true);
    damage(indexPathOf(today()));
    await migrateCallLog(home.url);
    openSink().close(true);
    expectRowsFound(path);
  });

  it('refuse the start where they cannot be read, and say which', async () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    sink.close(true);
    rmSync(indexPathOf(today()));
    mkdirSync(indexPathOf(today()));
    const starting = migrateCallLog(home.url);
    await expect(starting).rejects.toMatchObject({ name: 'StartError' });
    await expect(starting).rejects.toThrow(`${nameOfDay(dayAt(Date.now()))}.index.db`);
    rmSync(indexPathOf(today()), { recursive: true });
  });

  it('are made of the rows again where the file is taken away meanwhile', async () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    for (const end of ['', '-wal', '-shm']) rmSync(indexPathOf(today()) + end, { force: true });
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    sink.close(true);
    expectRowsFound(path);
  });

  it('hold rows whose numbers are given out a second time, where a power failure took the first', () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    sink.close(true);
    // The rows were not on the disk yet, and what is made of them was.
    inDatabase(today(), (database) => database.exec('DELETE FROM call WHERE seq > 4'));
    inDatabase(path, (database) => database.exec('UPDATE call_node SET last_seq = 4'));
    seq = 4;
    const next = openSink();
    expect(markOf(today())).toBe(4);
    next.write(group(cellsOf(3)));
    // It dies before these are in an index.
    next.open();
    expect(markOf(today())).toBe(7);
    next.close(true);
    const found = inDatabase(indexPathOf(today()), (index) =>
      index.prepare('SELECT count(DISTINCT position) FROM by_account').pluck().get(),
    );
    // What leads to a row that is not there leads nowhere.
    expect(found).toBe(3 + 3 + 6);
  });

  it('are put in from the rows where they could not be when their time had come', async () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    const index = new SqliteDatabase(indexPathOf(today()));
    index.exec('BEGIN IMMEDIATE');
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    const another = cellsOf(10);
    expect(() => sink.write(group(another))).toThrow(/locked/);
    index.close();
    sink.write(group(another));
    await sink.caughtUp();
    await log.expectCaughtUp();
    sink.close(true);
  });

  it('are not put in again where another one has done it', async () => {
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    openSink().close(false);
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    await log.expectCaughtUp();
    expect(markOf(today())).toBe(20);
    sink.close(true);
  });

  it('lie beside the rows in a day of the version before, which is written to and read as it is', async () => {
    makeDayFile(today());
    inDatabase(today(), (database) =>
      database.exec(`
        CREATE INDEX call_account_id ON call (account_id) WHERE account_id IS NOT NULL;
        CREATE INDEX call_key_id ON call (key_id) WHERE key_id IS NOT NULL;
        CREATE INDEX call_caller_ip_key ON call (caller_ip_key) WHERE caller_ip_key IS NOT NULL;
        PRAGMA user_version = 1;`),
    );
    const sink = openSink();
    sink.write(group(cellsOf(10)));
    sink.write(group(cellsOf(10, Date.now() - dayMs)));
    sink.close(true);
    expect(namesIn(daysFolderOf(path))).toEqual([
      `${nameOfDay(dayAt(Date.now()) - 1)}.db`,
      `${nameOfDay(dayAt(Date.now()) - 1)}.index.db`,
      `${nameOfDay(dayAt(Date.now()))}.db`,
    ]);
    const found = async (filter: CallFilter) =>
      (await log.store.search(filter, { limit: 100 })).calls.map(({ id }) => id);
    // Of ten rows, the fourth has no key.
    expect(await found({ keyId: 'key_0' })).toHaveLength(2 * 3);
    expect(await found({ ip: '10.0.0.4' })).toHaveLength(2 * 2);
    expect(await found({ ip: '10.0.0.0/30' })).toHaveLength(2 * 7);
    expect(await found({ accountId: 'acc_1' })).toHaveLength(2 * 9);
    const pruner = new SqlitePruner(path);
    expect(await pruner.deleteCalls('acc_1', Date.now() + dayMs, 100)).toBe(18);
    pruner.close();
    expectRowsFound(path);
    expect(await log.query('SELECT id FROM call')).toHaveLength(2);
  });
});

describe('what retention takes away', () => {
  const old = positionsOf(dayAt(Date.now()) - 5).lowest / positionsPerMs + dayMs / 2;
  const removal = /^DELETE FROM (?:call|found)/;

  async function writeOld(): Promise<void> {
    const sink = openSink();
    sink.write(group(cellsOf(30, old)));
    sink.write(group(cellsOf(10)));
    await sink.caughtUp();
    sink.close(true);
  }

  it('is in no index any more', async () => {
    await writeOld();
    const pruner = new SqlitePruner(path);
    expect(await pruner.deleteCalls('acc_1', old + dayMs, 7)).toBe(7);
    expectRowsFound(path);
    expect(await pruner.deleteCalls('acc_1', old + dayMs, 100)).toBe(22);
    expect(await pruner.deleteCalls(null, old + dayMs, 100)).toBe(1);
    expectRowsFound(path);
    pruner.close();
    expect(await log.query('SELECT id FROM call')).toHaveLength(10);
  });

  it('goes with the file of its indexes, whichever of both a dead process had left', async () => {
    await writeOld();
    const pruner = new SqlitePruner(path);
    rmSync(pathOfDay(daysFolderOf(path), dayAt(old)));
    expect(await pruner.dropDays(old + 2 * dayMs)).toBe(0);
    pruner.close();
    const name = nameOfDay(dayAt(Date.now()));
    expect(namesIn(daysFolderOf(path))).toEqual([`${name}.db`, `${name}.index.db`]);
  });

  it.each([null, 'acc_1'])(
    'is taken to the end where it was broken off (account %s)',
    async (account) => {
      for (let dieAt = 1; ; dieAt += 1) {
        await writeOld();
        const { prepare } = SqliteDatabase.prototype;
        let removals = 0;
        jest.spyOn(SqliteDatabase.prototype, 'prepare').mockImplementation(function (
          this: SqliteDatabase.Database,
          sql: string,
        ) {
          const statement = prepare.call(this, sql);
          if (!removal.test(sql)) return statement;
          const run = statement.run.bind(statement) as (...values: unknown[]) => RunResult;
          statement.run = (...values: unknown[]) => {
            removals += 1;
            if (removals === dieAt) throw new Error('killed');
            return run(...values);
          };
          return statement;
        });
        const dying = new SqlitePruner(path);
        const outcome = await dying.deleteCalls(account, old + dayMs, 100).then(
          () => 'done',
          (error: Error) => error.message,
        );
        dying.close();
        jest.restoreAllMocks();
        const pruner = new SqlitePruner(path);
        for (const one of ['acc_1', null]) await pruner.deleteCalls(one, old + dayMs, 100);
        pruner.close();
        expectRowsFound(path);
        expect(await log.query(`SELECT id FROM call WHERE at < ${old + dayMs}`)).toEqual([]);
        if (outcome === 'done') {
          expect(dieAt).toBeGreaterThan(account === null ? 3 : 4);
          return;
        }
        expect(outcome).toBe('killed');
      }
    },
  );
});
