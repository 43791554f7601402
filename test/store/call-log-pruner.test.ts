import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import type { NewCall } from '../../src/core/ports.js';
import { dayAt, positionsOf } from '../../src/store/call-log/days/call-day.js';
import {
  daysFolderOf,
  namesIn,
  pathOfDay,
} from '../../src/store/call-log/days/call-days-folder.js';
import type { CallIndex } from '../../src/store/call-log/days/call-indexes.js';
import { CallLogPruner } from '../../src/store/call-log/prune/call-log-pruner.js';
import { callPrunerUrl, exampleCall, TestCallLog } from '../support/call-log.js';
import { expectRowsFound } from '../support/found-rows.js';
import { describeWithPostgres } from '../support/postgres.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

let home: TestDatabase;
let log: TestCallLog;
let pruner: CallLogPruner;

async function open(kind: 'sqlite' | 'postgres'): Promise<void> {
  home = await makeDatabase(kind);
  log = await TestCallLog.create(home);
  pruner = new CallLogPruner(home.url, { workerUrl: callPrunerUrl });
}

afterEach(async () => {
  await pruner.close();
  await log.close();
  await home.remove();
});

/** From 0 to 1, the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

async function write(calls: readonly Partial<NewCall>[]): Promise<NewCall[]> {
  const writer = await log.writer({ timeoutMs: 20_000 });
  const rows = [...calls]
    .sort((one, other) => (one.at ?? 0) - (other.at ?? 0))
    .map((fields) => exampleCall(writer, fields));
  await Promise.all(rows.map((row) => writer.write(row)));
  await writer.stop();
  return rows;
}

const idsOnLog = async () =>
  (await log.query<{ id: string }>('SELECT id FROM call')).map(({ id }) => id).sort();
const idsOf = (calls: readonly NewCall[]) => calls.map(({ id }) => id).sort();
const positionAt = (ms: number) => ms * 4096;

describeOnEachDatabase('the pruning of the call log', (kind) => {
  beforeEach(() => open(kind));

  it.each([1, 2, 3])(
    'takes out what is older, and touches nothing newer (seed %d)',
    async (seed) => {
      const random = randomNumbers(seed);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const accounts = ['acc_1', 'acc_2', null];
      const now = Date.now();
      let kept = await write(
        Array.from({ length: 400 }, () => ({
          at: Math.floor(now - random() * 14 * dayMs),
          accountId: pick(accounts),
        })),
      );
      for (let round = 0; round < 6; round += 1) {
        // Often just before or just after one of the calls.
        const near = pick(kept)?.position;
        const before =
          near === undefined || random() < 0.3
            ? Math.floor(now - random() * 14 * dayMs)
            : Math.floor(near / 4096) + pick([0, 1]);
        if (random() < 0.3) {
          const { days } = await pruner.dropDays(before);
          const isGone = ({ position }: NewCall) =>
            positionsOf(dayAt(position / 4096)).highest < positionAt(before) &&
            dayAt(position / 4096) < dayAt(now) - 1;
          const gone = kept.filter(isGone);
          expect(days).toBeGreaterThanOrEqual(
            new Set(gone.map(({ position }) => dayAt(position / 4096))).size,
          );
          kept = kept.filter((call) => !isGone(call));
        } else {
          const account = pick(accounts);
          const isGone = ({ accountId, position }: NewCall) =>
            accountId === account && position < positionAt(before);
          const old = kept.filter(isGone).sort((one, other) => one.position - other.position);
          const limit = 1 + Math.floor(random() * 40);
          let deleted = 0;
          for (let found = limit; found === limit;) {
            found = await pruner.deleteCalls(account, before, limit);
            expect(found).toBe(Math.min(limit, old.length - deleted));
            deleted += found;
            const rest = new Set(await idsOnLog());
            // The oldest first.
            expect(old.slice(0, deleted).filter(({ id }) => rest.has(id))).toEqual([]);
            expect(old.slice(deleted).filter(({ id }) => !rest.has(id))).toEqual([]);
          }
          expect(deleted).toBe(old.length);
          kept = kept.filter((call) => !isGone(call));
        }
        expect(await idsOnLog()).toEqual(idsOf(kept));
        if (kind === 'sqlite') expectRowsFound(home.url.slice('sqlite:'.length));
      }
    },
  );

  it('drops no day of which a part is newer, and never today or yesterday', async () => {
    const now = Date.now();
    const today = dayAt(now);
    const calls = await write(
      [today - 4, today - 3, today - 2, today - 1, today].map((day) => ({ at: day * dayMs })),
    );
    expect(await pruner.dropDays((today - 3) * dayMs - 1)).toEqual({ days: 0 });
    expect(await pruner.dropDays((today - 3) * dayMs)).toEqual({ days: 1 });
    expect(await idsOnLog()).toEqual(idsOf(calls.slice(1)));
    expect(await pruner.dropDays(now + 9 * dayMs)).toEqual({ days: 2 });
    expect(await idsOnLog()).toEqual(idsOf(calls.slice(3)));
    expect(await pruner.dropDays(now + 9 * dayMs)).toEqual({ days: 0 });
    const writer = await log.writer();
    const again = exampleCall(writer, { at: (today - 4) * dayMs });
    await writer.write({ ...again, position: positionsOf(today - 4).lowest });
    expect(await idsOnLog()).toHaveLength(3);
  });

  it('leaves the counters as they are, and the numbers of the rows', async () => {
    const old = Date.now() - 9 * dayMs;
    await write([{ at: old }, { at: old, accountId: null }]);
    await pruner.deleteCalls(null, Date.now(), 10);
    await pruner.dropDays(Date.now());
    expect(await idsOnLog()).toEqual([]);
    expect(await log.usage.secretsOf('key_1')).toMatchObject([{ calls: 2 }]);
    await write([{ at: Date.now() }]);
    expect(await log.query('SELECT seq FROM call')).toEqual([
      { seq: kind === 'postgres' ? '3' : 3 },
    ]);
  });

  it('takes out hours that lie wholly before, of these keys only', async () => {
    const hour = Math.floor(Date.now() / hourMs) * hourMs;
    const hours = [-3, -2, -1, 0].map((ago) => hour + ago * hourMs);
    await write(
      hours.flatMap((at) =>
        ['key_1', 'key_2', 'key_3'].map((keyId) => ({ at: at + 1, keyId, secretId: `s_${keyId}` })),
      ),
    );
    const all = { from: 0, to: hour + hourMs };
    const hoursOf = async (keyId: string) =>
      (await log.usage.hoursOf(keyId, all)).map(({ hour: of }) => of);
    const keys = ['key_1', 'key_2', 'key_9'];
    expect(await pruner.deleteHours(keys, hour - hourMs - 1, 3)).toBe(2);
    expect(await hoursOf('key_1')).toEqual(hours.slice(1));
    expect(await pruner.deleteHours(keys, hour, 3)).toBe(3);
    expect(await pruner.deleteHours(keys, hour, 3)).toBe(1);
    expect(await hoursOf('key_1')).toEqual(hours.slice(3));
    expect(await hoursOf('key_2')).toEqual(hours.slice(3));
    expect(await hoursOf('key_3')).toEqual(hours);
    expect(await pruner.deleteHours([], hour, 3)).toBe(0);
  });

  it('takes out uses that are old, and gives their places back', async () => {
    const now = Date.now();
    const use = (n: number, keyId: string, at: number) => ({
      ...{ at, keyId, secretId: `sec_${keyId}`, callerIp: `203.0.113.${n}`, route: `/r/${n}` },
      usedScopes: [`s.${n}`],
    });
    const numbers = Array.from({ length: 60 }, (_, n) => n);
    await write([
      ...numbers.flatMap((n) =>
        ['key_1', 'key_2', 'key_3'].map((key) => use(n, key, now - 1000 + n)),
      ),
      // Seen again: their last use is what counts.
      use(0, 'key_1', now + 1),
    ]);
    const keys = ['key_1', 'key_2'];
    const before = now - 1000 + 50;
    let deleted = 0;
    for (let found = 70; found === 70; deleted += found)
      found = await pruner.deleteUses(keys, before, 70);
    // 49 of the first key and 50 of the second, of each of the three kinds.
    expect(deleted).toBe(3 * (49 + 50));
    await expectPlacesOfNames();
    const callers = await log.usage.usesOf('key_1', 'caller');
    expect(callers.map(({ name }) => name)).toContain('203.0.113.0');
    expect(callers).toHaveLength(11);
    expect(await log.usage.usesOf('key_3', 'route')).toHaveLength(60);
    // Whoever comes again is counted anew.
    await write([use(7, 'key_1', now + 2)]);
    expect(await log.usage.usesOf('key_1', 'caller')).toHaveLength(12);
    await expectPlacesOfNames();
  });

  /** The number of names that a key has is kept beside them. */
  async function expectPlacesOfNames(): Promise<void> {
    const counted = await log.query<Record<string, unknown>>(
      `SELECT key_id, sum(CASE WHEN kind = 'caller' THEN 1 ELSE 0 END) AS caller,
         sum(CASE WHEN kind = 'route' THEN 1 ELSE 0 END) AS route, sum(CASE WHEN kind = 'scope' THEN 1 ELSE 0 END) AS scope
       FROM key_usage GROUP BY key_id ORDER BY key_id`,
    );
    const places = await log.query<Record<string, unknown>>(
      'SELECT key_id, caller, route, scope FROM key_usage_places ORDER BY key_id',
    );
    const numbers = (rows: readonly Record<string, unknown>[]) =>
      rows.map(({ key_id: keyId, caller, route, scope }) => [
        keyId,
        ...[caller, route, scope].map(Number),
      ]);
    expect(numbers(places)).toEqual(numbers(counted));
  }

  it('holds up nobody who writes meanwhile', async () => {
    const now = Date.now();
    const uses = (n: number) => ({ callerIp: `203.0.113.${n % 250}`, route: `/r/${n % 300}` });
    await write(
      Array.from({ length: 6_000 }, (_, n) => ({
        ...uses(n),
        at: now - 9 * dayMs - (n % 4) * dayMs,
      })),
    );
    await write(
      Array.from({ length: 4_000 }, (_, n) => ({ ...uses(n), at: now, accountId: 'acc_old' })),
    );
    const writer = await log.writer({ timeoutMs: 20_000 });
    const latencies = async (until: () => boolean): Promise<number[]> => {
      const found: number[] = [];
      do {
        const startedAt = performance.now();
        await writer.write(exampleCall(writer));
        found.push(performance.now() - startedAt);
      } while (!until());
      return found.sort((one, other) => one - other);
    };
    const quiet = await latencies(endAfter(1_500));
    let isOver = false;
    const pruning = (async () => {
      await pruner.dropDays(now - 8 * dayMs);
      while ((await pruner.deleteCalls('acc_old', Date.now() + 1, 500)) > 0);
      await pruner.deleteUses(['key_1'], now - 1, 1_000);
      await pruner.deleteHours(['key_1'], now, 1_000);
    })().finally(() => (isOver = true));
    const busy = await latencies(() => isOver);
    await pruning;
    const p99 = (list: readonly number[]) => list[Math.floor(list.length * 0.99)] ?? 0;
    // A machine that does other things as well is given some slack; a lock that is held shows as seconds.
    expect(p99(busy)).toBeLessThan(2 * p99(quiet) + 500);
    expect(busy.at(-1)).toBeLessThan(1_500);
    expect(await log.query("SELECT id FROM call WHERE account_id = 'acc_old'")).toEqual([]);
  }, 60_000);

  const endAfter = (ms: number) => {
    const end = performance.now() + ms;
    return () => performance.now() > end;
  };

  it('refuses what was forgotten', async () => {
    const forgotten = undefined as unknown as number;
    await expect(pruner.dropDays(forgotten)).rejects.toThrow('beforeMs was not given.');
    await expect(pruner.deleteCalls('acc_1', forgotten, 1)).rejects.toThrow('was not given.');
    await expect(pruner.deleteCalls(undefined as unknown as null, 1, 1)).rejects.toThrow(
      'accountId was not given.',
    );
    await expect(pruner.deleteHours([undefined as unknown as string], 1, 1)).rejects.toThrow(
      '0 was not given.',
    );
    await expect(pruner.deleteUses(['key_1'], 1, forgotten)).rejects.toThrow('was not given.');
  });

  it('finds old calls by an index, with an account and without', async () => {
    await write([{ accountId: null }, {}]);
    const explain = (ofAccount: string, by?: CallIndex) =>
      log.explain(
        `SELECT position FROM {index} WHERE ${ofAccount} AND position < ${positionAt(Date.now() + dayMs)} ORDER BY position LIMIT 5`,
        by,
      );
    expect(await explain('account_id IS NULL')).toMatch(
      /call_without_account|call_\d{4}_\d\d_\d\d_position_idx/,
    );
    expect(await explain("account_id = 'acc_1'", 'account')).toMatch(
      /SEARCH found\.by_account USING PRIMARY KEY|account_id_position_idx/,
    );
  });
});

describe('the days that are dropped on SQLite', () => {
  beforeEach(() => open('sqlite'));

  it('leave nothing beside them, also where one was dropped halfway before', async () => {
    const path = home.url.slice('sqlite:'.length);
    const folder = daysFolderOf(path);
    const today = dayAt(Date.now());
    const writer = await log.writer();
    for (const day of [today - 5, today])
      await writer.write(exampleCall(writer, { at: day * dayMs }));
    for (const suffix of ['-wal', '-shm'])
      writeFileSync(pathOfDay(folder, today - 6) + suffix, 'left over');
    writeFileSync(pathOfDay(folder, today) + '.txt', 'of somebody else');
    // Its writer still has the file open.
    expect(await pruner.dropDays(Date.now())).toEqual({ days: 1 });
    expect(
      namesIn(folder).every((name) => name.startsWith(new Date().toISOString().slice(0, 10))),
    ).toBe(true);
    const call = { ...exampleCall(writer), position: positionsOf(today - 5).highest };
    await writer.write(call);
    expect(await log.query('SELECT seq FROM call ORDER BY seq')).toEqual([{ seq: 2 }, { seq: 3 }]);
    expect(existsSync(pathOfDay(folder, today - 5))).toBe(true);
  });
});

describeWithPostgres('the days that are dropped on PostgreSQL', () => {
  beforeEach(() => open('postgres'));

  it('are dropped once where several nodes do it, and where a removal was killed', async () => {
    const today = dayAt(Date.now());
    await write([7, 6, 5, 4, 0].map((ago) => ({ at: (today - ago) * dayMs })));
    const [first = ''] = await partitions();
    await log.query(`ALTER TABLE call DETACH PARTITION ${first}`);
    const others = [1, 2].map(() => new CallLogPruner(home.url));
    const dropped = await Promise.all([pruner, ...others].map((one) => one.dropDays(Date.now())));
    await Promise.all(others.map((one) => one.close()));
    expect(dropped.reduce((sum, { days }) => sum + days, 0)).toBe(3);
    expect(await idsOnLog()).toHaveLength(1);
    const tables = await log.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relname ~ '^call_[0-9]{4}_' AND relkind = 'r' AND NOT relispartition",
    );
    expect(tables).toEqual([]);
  });

  it('are dropped where a removal was killed while it waited for a search', async () => {
    const today = dayAt(Date.now());
    await write([7, 6, 5, 0].map((ago) => ({ at: (today - ago) * dayMs })));
    const [first = ''] = await partitions();
    const search = new pg.Client(home.url);
    await search.connect();
    await search.query('BEGIN; SELECT count(*) FROM call_log.call');
    const removal = `SET statement_timeout = 300; ALTER TABLE call DETACH PARTITION ${first} CONCURRENTLY`;
    await expect(
      (async () => {
        const killed = new pg.Client(home.url);
        await killed.connect();
        await killed.query('SET search_path TO call_log');
        for (const sql of removal.split('; '))
          await killed.query(sql).catch(async (error: Error) => {
            await killed.end();
            throw error;
          });
      })(),
    ).rejects.toThrow('canceling statement due to statement timeout');
    await search.end();
    // A row of that day finds it made anew, and is older than what is kept.
    const writer = await log.writer();
    await writer.write({
      ...exampleCall(writer, { at: (today - 7) * dayMs }),
      position: positionsOf(today - 7).highest,
    });
    expect(await idsOnLog()).toHaveLength(4);
    expect(await pruner.dropDays(Date.now())).toEqual({ days: 3 });
    expect(await idsOnLog()).toHaveLength(1);
  });

  async function partitions(): Promise<string[]> {
    const rows = await log.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'call'::regclass ORDER BY 1",
    );
    return rows.map(({ name }) => name);
  }
});
