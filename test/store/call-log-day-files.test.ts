import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import type { NewCall } from '../../src/core/ports.js';
import { packCall, positionsPerMs, type Cell } from '../../src/store/call-log/call-columns.js';
import { dayAt, nameOfDay, positionsOf, type Day } from '../../src/store/call-log/days/call-day.js';
import {
  daysFolderOf,
  namesIn,
  pathOfDay,
} from '../../src/store/call-log/days/call-days-folder.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { DayFile } from '../../src/store/call-log/days/day-file.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { SqliteSink } from '../../src/store/call-log/write/sqlite-sink.js';
import { dayFilesOf, openWholeLog, removeDayFiles } from '../support/call-days.js';
import { completedOutcome, exampleCall, TestCallLog, undoDays } from '../support/call-log.js';
import { makeDatabase, type TestDatabase } from '../support/store.js';

const script = (name: string) => fileURLToPath(new URL(`../support/${name}`, import.meta.url));
const dayMs = 86_400_000;
const today = () => dayAt(Date.now());

let home: TestDatabase;
let log: TestCallLog;
let path: string;

beforeEach(async () => {
  home = await makeDatabase('sqlite');
  log = await TestCallLog.create(home);
  path = home.url.slice('sqlite:'.length);
});

afterEach(async () => {
  jest.restoreAllMocks();
  await log.close();
  await home.remove();
});

const fileOf = (day: Day) => pathOfDay(daysFolderOf(path), day);
const atDay = (writer: CallLogWriter, day: Day, fields: Partial<NewCall> = {}) =>
  exampleCall(writer, { at: day * dayMs, ...fields });

function idsIn(file: string): string[] {
  const database = new SqliteDatabase(file, { readonly: true });
  try {
    return database.prepare<[], string>('SELECT id FROM call ORDER BY position').pluck().all();
  } finally {
    database.close();
  }
}

describe('the files of the days', () => {
  it('hold the rows of their day, from its first position to its last', async () => {
    const writer = await log.writer();
    const day = today() - 5;
    const { lowest, highest } = positionsOf(day);
    const calls = [lowest - 1, lowest, highest, highest + 1].map((position) => ({
      ...exampleCall(writer),
      ...{ position, id: `call_${position}` },
    }));
    // Midnight comes in the middle of a group, and twice.
    await Promise.all(calls.map((call) => writer.write(call)));
    const ids = calls.map(({ id }) => id);
    expect(idsIn(fileOf(day))).toEqual(ids.slice(1, 3));
    expect([day - 1, day + 1].map((one) => idsIn(fileOf(one)))).toEqual([[ids[0]], [ids[3]]]);
    await log.expectCaughtUp();
  });

  it('are plain files once their writer has gone on, and complete', async () => {
    const writer = await log.writer();
    const old = Array.from({ length: 6 }, (_, i) => today() - 20 + i);
    for (const day of old) await writer.write(atDay(writer, day));
    const names = namesIn(daysFolderOf(path));
    const beside = names.filter((name) => !name.endsWith('.db'));
    // No more than the last three are open.
    const closed = old.slice(0, 3).map(nameOfDay);
    expect(beside.filter((name) => closed.includes(name.slice(0, 10)))).toEqual([]);
    await writer.stop();
    expect(namesIn(daysFolderOf(path))).toEqual(
      old.map(nameOfDay).flatMap((day) => [`${day}.db`, `${day}.index.db`]),
    );
    for (const day of old) expect(idsIn(fileOf(day))).toHaveLength(1);
  });

  it('are made anew where they were removed, also while they are open', async () => {
    const writer = await log.writer();
    const day = today() - 3;
    await writer.write(atDay(writer, day));
    removeDayFiles(path);
    const call = atDay(writer, day);
    await writer.write(call);
    expect(idsIn(fileOf(day))).toEqual([call.id]);
    expect(await log.store.find(call.id)).toMatchObject({ id: call.id });
  });

  it('are not made for a completion whose call is gone', async () => {
    const writer = await log.writer();
    const [gone, kept] = [atDay(writer, today() - 3), exampleCall(writer)];
    await Promise.all([gone, kept].map((call) => writer.write(call)));
    removeDayFiles(path);
    for (const { position } of [gone, kept]) writer.complete(position, completedOutcome);
    const next = exampleCall(writer);
    await writer.write(next);
    writer.complete(next.position, completedOutcome);
    await writer.write(exampleCall(writer));
    expect(dayFilesOf(path)).toEqual([fileOf(today())]);
    expect(await log.store.find(next.id)).toMatchObject(completedOutcome);
    expect([writer.lostCompletions, writer.healthy]).toEqual([0, true]);
  });

  it.each([
    ['cut off', (file: string) => truncateSync(file, 5_000), /is damaged or is no SQLite database/],
    [
      'another file',
      (file: string) => writeFileSync(file, 'x'.repeat(9_000)),
      /is damaged or is no/,
    ],
    ['empty', (file: string) => truncateSync(file, 0), /it holds version 0 of a day/],
    ['of a later version', setVersion, /it holds version 99 of a day/],
  ])('refuse the start where one is %s, and say which', async (_what, damage, why) => {
    const writer = await log.writer();
    const day = today() - 4;
    await writer.write(atDay(writer, day));
    await writer.stop();
    damage(fileOf(day));
    const starting = migrateCallLog(home.url);
    await expect(starting).rejects.toThrow(why);
    await expect(starting).rejects.toMatchObject({ name: 'StartError' });
    await expect(starting).rejects.toThrow(fileOf(day));
    removeDayFiles(path);
  });

  function setVersion(file: string): void {
    const database = new SqliteDatabase(file);
    database.pragma('user_version = 99');
    database.close();
  }
});

describe('rows that are committed and not counted', () => {
  let sink: SqliteSink;
  let seq: number;

  beforeEach(() => {
    seq = 0;
    sink = openSink();
  });

  afterEach(() => sink.close(true));

  function openSink(): SqliteSink {
    const opened = new SqliteSink(path, { ...settings, database: { kind: 'sqlite', path } });
    opened.open();
    return opened;
  }

  const settings = { mode: 'durable', nodeId: 'nod_1', runId: 'run_1', timeoutMs: 100 } as const;

  function cellsOf(...positions: number[]): Cell[] {
    const cells: Cell[] = [];
    for (const position of positions) {
      seq += 1;
      const call = exampleCall({ nextPosition: () => position }, { id: `call_${seq}` });
      packCall(cells, call, settings.nodeId, seq);
    }
    return cells;
  }

  const group = (cells: readonly Cell[], salvage = false) => ({ cells, completions: [], salvage });

  async function expectRows(count: number): Promise<void> {
    expect(await log.query('SELECT seq FROM call')).toHaveLength(count);
    await log.expectCaughtUp();
  }

  it.each([
    ['one day', [0, 0, 0]],
    ['two days', [0, 1, 0]],
    ['three days', [0, 1, 2]],
  ])('are counted by the next who opens the log (%s)', async (_what, ago) => {
    const now = Date.now() * positionsPerMs;
    const positions = ago.map((days, i) => now - days * dayMs * positionsPerMs + i + 1);
    sink.write(group(cellsOf(now)));
    sink.write(group(cellsOf(...positions)));
    expect(await log.query('SELECT last_seq FROM call_node')).toEqual([{ last_seq: 0 }]);
    // Neither a second look nor another process counts them again.
    for (let time = 0; time < 2; time += 1)
      expect(sink.open()).toEqual({ lastSeq: 4, lastPosition: Math.max(now, ...positions) });
    sink.close(true);
    sink = openSink();
    expect(sink.open()).toMatchObject({ lastSeq: 4 });
    await expectRows(4);
  });

  it('are counted with the numbers of rows that were left out', async () => {
    const now = Date.now() * positionsPerMs;
    sink.write(group(cellsOf(now)));
    expect(sink.write(group(cellsOf(now + 1, now, now + 2, now), true))).toBe(2);
    expect(sink.open()).toMatchObject({ lastSeq: 5 });
    await expectRows(3);
  });

  it('are taken out where their group is not in all of its files', async () => {
    const now = Date.now() * positionsPerMs;
    sink.write(group(cellsOf(now)));
    const { commit } = DayFile.prototype;
    let commits = 0;
    jest.spyOn(DayFile.prototype, 'commit').mockImplementation(function (this: DayFile) {
      commits += 1;
      if (commits === 2) throw new Error('the disk is full');
      commit.call(this);
    });
    const positions = [now + 1, now + 2 - dayMs * positionsPerMs, now + 3];
    const cells = cellsOf(...positions);
    expect(() => sink.write(group(cells))).toThrow('the disk is full');
    jest.restoreAllMocks();
    expect(sink.open()).toEqual({ lastSeq: 1, lastPosition: now });
    await expectRows(1);
    sink.write(group(cells));
    expect(sink.open()).toMatchObject({ lastSeq: 4 });
    await expectRows(4);
  });

  it('are all counted again where the counters were lost', async () => {
    const now = Date.now() * positionsPerMs;
    for (let day = 0; day < 5; day += 1)
      sink.write(group(cellsOf(now - day * dayMs * positionsPerMs, now + day + 1)));
    await sink.caughtUp();
    await log.query('DELETE FROM call_node');
    for (const table of ['secret_usage', 'secret_hour', 'key_usage', 'key_usage_places'])
      await log.query(`DELETE FROM ${table}`);
    expect(sink.open()).toEqual({ lastSeq: 10, lastPosition: now + 5 });
    await expectRows(10);
  });

  describe('while the process lives', () => {
    const countedTo = async () =>
      (await log.query<{ last_seq: number }>('SELECT last_seq FROM call_node'))[0]?.last_seq;
    const now = () => Date.now() * positionsPerMs;

    it('are counted a while later, and then with those of other groups', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
      try {
        for (let row = 0; row < 3; row += 1) sink.write(group(cellsOf(now() + row)));
        jest.advanceTimersByTime(999);
        expect(await countedTo()).toBe(0);
        jest.advanceTimersByTime(1);
        jest.runAllTimers();
      } finally {
        jest.useRealTimers();
      }
      expect(await countedTo()).toBe(3);
      await expectRows(3);
    });

    it('are counted for whoever asks, while others are written', async () => {
      const first = now();
      const many = Array.from({ length: 2_000 }, (_, i) => cellsOfKey(`key_${i}`, first + i));
      sink.write(group(many.flat()));
      const counted = sink.caughtUp();
      let turns = 0;
      for (let isCounted = false; !isCounted; turns += 1) {
        sink.write(group(cellsOfKey('key_1', first + 10_000 + turns)));
        isCounted = await Promise.race([counted.then(() => true), oneTurn().then(() => false)]);
      }
      expect(await countedTo()).toBe(2_000);
      // It takes longer than any of those who write has to wait.
      expect(turns).toBeGreaterThan(5);
      await sink.caughtUp();
      await expectRows(2_000 + turns);
    });

    it('are counted from the rows where they could not be when their time had come', async () => {
      const base = new SqliteDatabase(path);
      base.exec('BEGIN EXCLUSIVE');
      sink.write(group(cellsOf(now())));
      // Whoever wants to know what was counted is not kept waiting, and whoever writes is not told that all is well.
      await sink.caughtUp();
      const another = cellsOf(now() + 1);
      expect(() => sink.write(group(another))).toThrow(/locked/);
      base.close();
      sink.write(group(another));
      await sink.caughtUp();
      await expectRows(2);
    });

    it('are not counted again where another one has counted them', async () => {
      sink.write(group(cellsOf(now())));
      openSink().close(false);
      sink.write(group(cellsOf(now() + 1)));
      await sink.caughtUp();
      await expectRows(2);
    });

    const oneTurn = () => new Promise((resolve) => setImmediate(resolve));

    function cellsOfKey(keyId: string, position: number): Cell[] {
      seq += 1;
      const names = { id: `call_${seq}`, keyId, secretId: `sec_of_${keyId}` };
      const cells: Cell[] = [];
      const call = exampleCall({ nextPosition: () => position }, names);
      packCall(cells, call, settings.nodeId, seq);
      return cells;
    }
  });

  it('are all there or not at all wherever the process is killed', async () => {
    sink.close(true);
    const file = join(dirname(path), 'acknowledged');
    writeFileSync(file, '');
    for (const moment of ['before', 'after'])
      for (let dieAt = 2; dieAt <= 23; dieAt += 3) {
        const [mark] = await log.query<{ seq: number }>(
          'SELECT max(last_seq) AS seq FROM call_node',
        );
        const values = [path, file, String(dieAt), moment];
        const child = spawn(process.execPath, [script('killed-sink.mjs'), ...values], {
          stdio: 'inherit',
        });
        expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
        sink = openSink();
        await log.expectCaughtUp();
        const rows = await log.query<{ seq: number }>('SELECT seq FROM call ORDER BY seq');
        const seqs = new Set(rows.map((row) => row.seq));
        expect(rows).toHaveLength(seqs.size);
        for (const line of readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean)) {
          const [first = 0, last = 0, leftOut = 0] = line.split(' ').map(Number);
          const found = rows.filter((row) => row.seq >= first && row.seq <= last);
          expect(found).toHaveLength(last - first + 1 - leftOut);
        }
        const [after] = await log.query<{ seq: number }>(
          'SELECT max(last_seq) AS seq FROM call_node',
        );
        // No group is there in part: each has five numbers.
        expect((Number(after?.seq) - Number(mark?.seq)) % 5).toBe(0);
        sink.close(true);
      }
    sink = openSink();
  }, 120_000);
});

describe('a log of the version before', () => {
  /** The log's own file with the rows in it, as that version left it. */
  let before: string;
  let ids: string[];

  beforeEach(async () => {
    const writer = await log.writer();
    for (let day = 0; day < 4; day += 1)
      await Promise.all(
        Array.from({ length: 500 }, () => writer.write(atDay(writer, today() - 9 + day))),
      );
    await writer.stop();
    ids = (await log.query<{ id: string }>('SELECT id FROM call ORDER BY position')).map(
      ({ id }) => id,
    );
    await undoDays(home.url);
    removeDayFiles(path);
    before = `${path}.before`;
    copyFileSync(path, before);
  });

  function expectMoved(): void {
    const whole = openWholeLog(path);
    try {
      expect(
        whole.prepare<[], string>('SELECT id FROM temp.call ORDER BY position').pluck().all(),
      ).toEqual(ids);
      const tables = whole.prepare<[], string>('SELECT name FROM main.sqlite_schema').pluck().all();
      expect(tables).toContain('call_node');
      expect(tables).not.toContain('call');
      expect(whole.pragma('main.integrity_check', { simple: true })).toBe('ok');
    } finally {
      whole.close();
    }
    expect(dayFilesOf(path)).toHaveLength(4);
  }

  it('is moved into days at the start, which says how far it is', async () => {
    let now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => (now += 3_000));
    const lines: string[] = [];
    await migrateCallLog(home.url, (line) => lines.push(line));
    jest.restoreAllMocks();
    expectMoved();
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.at(0)).toMatch(
      /^The call log is being moved into a file for each day: [\d,]+ rows so far, up to \d{4}-\d\d-\d\d\.$/,
    );
    // Its counters go on, and nothing is counted twice.
    const writer = await log.writer();
    await writer.write(exampleCall(writer));
    await log.expectCaughtUp();
  });

  it('is moved to the end by the next start where one was killed', async () => {
    for (const afterMs of [0, 20, 40, 60, 80, 100, 120, 140, 160, 180]) {
      removeDayFiles(path);
      copyFileSync(before, path);
      const child = spawn(process.execPath, [script('call-log-migration.mjs'), home.url], {
        stdio: 'pipe',
      });
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await migrateCallLog(home.url);
      expectMoved();
      for (const suffix of ['-wal', '-shm']) expect(existsSync(path + suffix)).toBe(false);
    }
  });
});
