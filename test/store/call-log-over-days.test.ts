import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import type { NewCall } from '../../src/core/ports.js';
import { dayAt, positionsOf, type Day } from '../../src/store/call-log/days/call-day.js';
import { daysFolderOf, pathOfDay } from '../../src/store/call-log/days/call-days-folder.js';
import {
  everywhere,
  type CallOrder,
  type Reading,
} from '../../src/store/call-log/read/call-table.js';
import { SqliteCallTable } from '../../src/store/call-log/read/sqlite-call-table.js';
import { dayReaderUrl, exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const dayMs = 86_400_000;

let home: TestDatabase;
let log: TestCallLog;

async function open(kind: 'sqlite' | 'postgres'): Promise<void> {
  home = await makeDatabase(kind);
  log = await TestCallLog.create(home);
}

afterEach(async () => {
  await log.close();
  await home.remove();
});

/** Calls of these days, some of each account. @returns them, the earliest first */
async function fill(days: readonly Day[], perDay: number): Promise<NewCall[]> {
  const writer = await log.writer({ timeoutMs: 20_000 });
  const calls = days.flatMap((day) =>
    Array.from({ length: perDay }, (_, n) =>
      exampleCall(writer, { at: day * dayMs + n, accountId: `acc_${n % 3}` }),
    ),
  );
  await Promise.all(calls.map((call) => writer.write(call)));
  await writer.stop();
  return calls;
}

const lastDays = (count: number): Day[] =>
  Array.from({ length: count }, (_, n) => dayAt(Date.now()) - count + 1 + n);

describeOnEachDatabase('a reading over many days', (kind) => {
  beforeEach(() => open(kind));

  it.each(['newest', 'oldest'] as const)(
    'goes on from page to page, the %s first',
    async (order) => {
      // More than a reader has files open.
      const calls = await fill(lastDays(25), 7);
      const expected = inOrder(
        calls.filter(({ accountId }) => accountId === 'acc_1').map(({ id }) => id),
        order,
      );
      for (const limit of [1, 3, 100]) {
        const found: string[] = [];
        let after: string | undefined;
        do {
          const query = { limit, order, ...(after !== undefined && { after }) };
          const page = await log.store.search({ accountId: 'acc_1' }, query);
          expect(page.calls.length).toBeLessThanOrEqual(limit);
          found.push(...page.calls.map(({ id }) => id));
          after = page.next ?? undefined;
          if (limit === 1 && found.length === 30) break;
        } while (after !== undefined);
        expect(found).toEqual(expected.slice(0, found.length));
        if (limit > 1) expect(found).toHaveLength(expected.length);
      }
    },
  );

  it('finds what lies in a time, wherever days end', async () => {
    const days = lastDays(6);
    const calls = await fill(days, 5);
    const [, second = 0, , fourth = 0] = days;
    for (const [from, to] of [
      [second * dayMs, fourth * dayMs],
      [second * dayMs + 2, fourth * dayMs + 3],
      [second * dayMs - 1, second * dayMs],
    ] as const) {
      const page = await log.store.search({ from, to }, { limit: 100 });
      const inTime = calls.filter(({ at }) => at >= from && at < to).map(({ id }) => id);
      expect(page.calls.map(({ id }) => id)).toEqual(inTime.toReversed());
    }
    for (const { id } of calls) expect(await log.store.find(id)).toMatchObject({ id });
  });

  it('follows what is new, whichever day it is of', async () => {
    await fill(lastDays(4), 2);
    const tail = log.store.follow({});
    await tail.start(null);
    const writer = await log.writer();
    const told: string[] = [];
    const look = async () => {
      for await (const news of tail.news()) told.push(...news.map(({ call }) => call.id));
    };
    const calls: NewCall[] = [];
    for (const daysLater of [0, 1, 2, 2, 9]) {
      const call = exampleCall(writer, { at: Date.now() + daysLater * dayMs });
      calls.push(call);
      await writer.write(call);
      await look();
    }
    expect(told).toEqual(calls.map(({ id }) => id));
  });
});

const inOrder = (ids: readonly string[], order: CallOrder): readonly string[] =>
  order === 'oldest' ? ids : ids.toReversed();

describe('the threads that read the call log on SQLite', () => {
  let table: SqliteCallTable;

  beforeEach(async () => {
    await open('sqlite');
    table = new SqliteCallTable(path(), { workerUrl: dayReaderUrl });
  });

  afterEach(() => table.close());

  const path = () => home.url.slice('sqlite:'.length);

  /** Takes as long as it takes to count so far, in each file. */
  const counting = (upTo: number, days: readonly Day[]): Reading => ({
    sql: `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
      SELECT (SELECT count(*) FROM n) AS counted, (SELECT count(*) FROM {call}) AS calls`,
    values: [upTo],
    range: {
      lowest: positionsOf(days[0] ?? 0).lowest,
      highest: positionsOf(days.at(-1) ?? 0).highest,
    },
    order: 'oldest',
  });
  const long = 3_000_000;

  it('hold up neither the main thread nor a short reading', async () => {
    const days = lastDays(1);
    await fill(days, 10);
    let longestMs = 0;
    let lookedAt = performance.now();
    const looking = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - lookedAt);
      lookedAt = performance.now();
    }, 5);
    const startedAt = performance.now();
    const slow = table.read(counting(long, days)).then(() => performance.now() - startedAt);
    const quick = await table.read(counting(1, days)).then(() => performance.now() - startedAt);
    const slowMs = await slow;
    clearInterval(looking);
    expect(slowMs).toBeGreaterThan(200);
    expect(quick).toBeLessThan(slowMs);
    expect(longestMs).toBeLessThan(slowMs / 2);
  });

  it('give up a reading that takes too long, and go on', async () => {
    const days = lastDays(3);
    await fill(days, 10);
    const impatient = new SqliteCallTable(path(), { workerUrl: dayReaderUrl, timeoutMs: 150 });
    try {
      const [first] = days;
      expect(await impatient.read(counting(1, days))).toHaveLength(3);
      // Both threads are busy, and a third reading waits for one of them.
      const readings = [1, 2, 3].map(() => impatient.read(counting(long, days)));
      for (const reading of await Promise.allSettled(readings))
        expect(reading).toMatchObject({ status: 'rejected', reason: { code: '57014' } });
      // Whoever has read all there is has not been given up.
      expect(await impatient.read(counting(1, [first ?? 0]))).toEqual([{ counted: 1, calls: 10 }]);
    } finally {
      await impatient.close();
    }
  });

  it('stop at the limit, and open no day beyond it', async () => {
    const days = lastDays(4);
    await fill(days, 10);
    const reading = (order: CallOrder): Reading => ({
      ...{ sql: 'SELECT position, seq FROM {call} ORDER BY position', values: [], order },
      ...{ range: everywhere, limit: 15 },
    });
    for (const order of ['oldest', 'newest'] as const)
      expect(await table.read(reading(order))).toHaveLength(15);
    // A day that cannot be read is not looked at for nothing.
    writeFileSync(pathOfDay(daysFolderOf(path()), days.at(-1) ?? 0), 'no database');
    await table.close();
    table = new SqliteCallTable(path(), { workerUrl: dayReaderUrl });
    expect(await table.read(reading('oldest'))).toHaveLength(15);
    await expect(table.read(reading('newest'))).rejects.toMatchObject({ code: 'SQLITE_NOTADB' });
  });

  it('read what is there while days are made and removed', async () => {
    const days = lastDays(12);
    await fill(days, 4);
    const folder = daysFolderOf(path());
    const kept = days.slice(6);
    const writer = await log.writer({ nodeId: 'nod_2' });
    const state = { isOver: false };
    const changes = (async () => {
      for (let round = 0; round < 40; round += 1) {
        const day = days[round % 6] ?? 0;
        for (const suffix of ['', '-wal', '-shm'])
          rmSync(pathOfDay(folder, day) + suffix, { force: true });
        await writer.write({
          ...exampleCall(writer, { accountId: 'acc_new' }),
          position: day * dayMs * 4096 + round,
        });
      }
      state.isOver = true;
    })();
    let readings = 0;
    const newestKept: Reading = {
      sql: "SELECT position FROM {call} WHERE account_id <> 'acc_new' ORDER BY position DESC",
      ...{ values: [], range: everywhere, order: 'newest' },
    };
    while (!state.isOver) {
      const records = await table.read(newestKept);
      const positions = records.map(({ position }) => Number(position));
      expect(positions).toEqual(positions.toSorted((one, other) => other - one));
      const ofKept = positions.filter((one) => one >= positionsOf(kept[0] ?? 0).lowest);
      expect(ofKept).toHaveLength(kept.length * 4);
      readings += 1;
    }
    await changes;
    expect(readings).toBeGreaterThan(5);
    const [last] = await table.read({
      sql: "SELECT count(*) AS calls FROM {call} WHERE account_id = 'acc_new'",
      ...{ values: [], order: 'oldest' },
      range: positionsOf(days[39 % 6] ?? 0),
    });
    expect(last).toEqual({ calls: 1 });
  });

  it('say with the code of SQLite what is wrong with a file', async () => {
    const days = lastDays(1);
    await fill(days, 1);
    const broken = { ...counting(1, days), sql: 'SELECT nothing FROM {call}' };
    await expect(table.read(broken)).rejects.toMatchObject({ code: 'SQLITE_ERROR' });
    expect(await table.read(counting(1, days))).toEqual([{ counted: 1, calls: 1 }]);
  });

  it('refuse what comes after they were closed', async () => {
    await fill(lastDays(1), 1);
    await table.close();
    await expect(table.read(counting(1, lastDays(1)))).rejects.toThrow('The call log is closed.');
  });
});
