import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';
import { dayAt, nameOfDay, positionsOf } from '../../src/store/call-log/days/call-day.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { completedOutcome, exampleCall, TestCallLog, undoDays } from '../support/call-log.js';
import { describeWithPostgres } from '../support/postgres.js';
import { makeDatabase, type TestDatabase } from '../support/store.js';

const dayMs = 86_400_000;
const partition = (day: number) => `call_${nameOfDay(day).replaceAll('-', '_')}`;

describeWithPostgres('the partitions of the call log', () => {
  let home: TestDatabase;
  let log: TestCallLog;

  beforeEach(async () => {
    home = await makeDatabase('postgres');
    log = await TestCallLog.create(home);
  });

  afterEach(async () => {
    await log.close();
    await home.remove();
  });

  async function partitions(): Promise<string[]> {
    const rows = await log.query<{ name: string }>(
      "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'call'::regclass",
    );
    return rows.map(({ name }) => name).sort();
  }

  const dropAll = async () => {
    for (const name of await partitions()) await log.query(`DROP TABLE ${name}`);
  };

  async function expectRows(count: number): Promise<void> {
    const [found] = await log.query<{ rows: string; seqs: string }>(
      'SELECT count(*) AS rows, count(DISTINCT (node_id, seq)) AS seqs FROM call',
    );
    expect([found?.rows, found?.seqs].map(Number)).toEqual([count, count]);
    await log.expectCaughtUp();
  }

  it('are there ahead: of today and of the two days after it', async () => {
    await dropAll();
    const today = dayAt(Date.now());
    await log.writer();
    // The day may change between the two readings of the clock.
    expect(await partitions()).toEqual(
      expect.arrayContaining([today, today + 1, today + 2].map(partition)),
    );
  });

  it('are made for any day that has a row, also long ago and far ahead', async () => {
    const days = [-400, -3, 0, 9].map((ago) => dayAt(Date.now()) + ago);
    const writer = await log.writer();
    const calls = days.map((day) => exampleCall(writer, { at: day * dayMs }));
    await Promise.all(calls.map((call) => writer.write(call)));
    expect(await partitions()).toEqual(expect.arrayContaining(days.map(partition)));
    for (const call of calls) expect(await log.store.find(call.id)).toMatchObject({ at: call.at });
    await expectRows(4);
  });

  it('take a row in its first and in its last position', async () => {
    const day = dayAt(Date.now()) - 8;
    const writer = await log.writer();
    const { lowest, highest } = positionsOf(day);
    for (const position of [lowest - 1, lowest, highest, highest + 1])
      await writer.write({ ...exampleCall(writer), position });
    const [found] = await log.query<{ rows: string }>(
      `SELECT count(*) AS rows FROM ${partition(day)}`,
    );
    expect(Number(found?.rows)).toBe(2);
    await expectRows(4);
  });

  it('are made once where several nodes want the same one', async () => {
    const at = (dayAt(Date.now()) - 30) * dayMs;
    const writers = await Promise.all(
      [1, 2, 3, 4].map((n) => log.writer({ nodeId: `nod_${n}`, timeoutMs: 10_000 })),
    );
    await Promise.all(writers.map((writer) => writer.write(exampleCall(writer, { at }))));
    expect(writers.map(({ lostRows }) => lostRows)).toEqual([0, 0, 0, 0]);
    await expectRows(4);
  });

  it('come back where another node has removed one, and nobody is turned away for it', async () => {
    const writer = await log.writer();
    await writer.write(exampleCall(writer));
    const today = partition(dayAt(Date.now()));
    for (const removal of [
      `DROP TABLE ${today}`,
      // Half of a removal: a node was killed in it.
      `ALTER TABLE call DETACH PARTITION ${today}`,
    ]) {
      await log.query(removal);
      await writer.write(exampleCall(writer));
      expect(await log.query('SELECT id FROM call')).toHaveLength(1);
    }
    expect([writer.lostRows, writer.healthy]).toEqual([0, true]);
  });

  it('come back for rows that are written one by one', async () => {
    const writer = await log.writer({ retryMs: 500 });
    const first = exampleCall(writer);
    await writer.write(first);
    // Twice the same place: the group fails, and is tried again row by row.
    const vain = [writer.write(first), writer.write(exampleCall(writer))];
    await Promise.allSettled(vain);
    await log.query(`DROP TABLE ${partition(dayAt(Date.now()))}`);
    while (writer.waitingRows > 0) await sleep(20);
    expect(writer.lostRows).toBe(0);
    expect(await log.query('SELECT id FROM call')).toHaveLength(2);
  });

  it('let a call be completed whose day is gone', async () => {
    const writer = await log.writer();
    const at = (dayAt(Date.now()) - 30) * dayMs;
    const [gone, kept] = [exampleCall(writer, { at }), exampleCall(writer)];
    await Promise.all([writer.write(gone), writer.write(kept)]);
    await log.query(`DROP TABLE ${partition(dayAt(at))}`);
    for (const { position } of [gone, kept]) writer.complete(position, completedOutcome);
    await writer.write(exampleCall(writer));
    expect(await log.store.find(kept.id)).toMatchObject(completedOutcome);
    expect(await log.store.find(gone.id)).toBeNull();
  });

  it('begin with the rows that were there before, which are not copied', async () => {
    await undoDays(home.url);
    const [before] = await log.query<{ file: string }>(
      "SELECT pg_relation_filenode('call') AS file",
    );
    await insertPlainly(3);
    await migrateCallLog(home.url);
    const [first, ...others] = await partitions();
    const firstDay = dayAt(Date.now()) + 2;
    expect(first).toBe(partition(firstDay));
    expect(others).toContain('call_before_days');
    const [after] = await log.query<{ file: string }>(
      "SELECT pg_relation_filenode('call_before_days') AS file",
    );
    expect(after).toEqual(before);
    // A node of the version before still runs.
    await insertPlainly(2);
    const writer = await log.writer();
    const tomorrow = exampleCall(writer, { at: Date.now() + dayMs });
    const later = exampleCall(writer, { at: (firstDay + 1) * dayMs });
    await Promise.all([tomorrow, later].map((call) => writer.write(call)));
    const places = await log.query<{ place: string; rows: string }>(
      'SELECT tableoid::regclass::text AS place, count(*) AS rows FROM call GROUP BY 1 ORDER BY 1',
    );
    expect(places.map(({ place, rows }) => [place, Number(rows)])).toEqual([
      [partition(firstDay + 1), 1],
      ['call_before_days', 6],
    ]);
  });

  it('are made while others write, who wait for no search that is under way', async () => {
    await undoDays(home.url);
    await insertPlainly(1);
    const reader = new pg.Client(home.url);
    await reader.connect();
    await reader.query('BEGIN; SELECT count(*) FROM call_log.call');
    let migrated = false;
    const migrating = migrateCallLog(home.url).then(() => (migrated = true));
    const waits: number[] = [];
    for (const end = Date.now() + 1_500; Date.now() < end; await sleep(20)) {
      const startedAt = performance.now();
      await insertPlainly(1);
      waits.push(performance.now() - startedAt);
    }
    expect(migrated).toBe(false);
    await reader.end();
    await migrating;
    expect(Math.max(...waits)).toBeLessThan(1_000);
    const [found] = await log.query<{ rows: string }>('SELECT count(*) AS rows FROM call');
    expect(Number(found?.rows)).toBe(waits.length + 1);
  });

  let inserted = 0;
  /** As any version writes: rows of now. */
  async function insertPlainly(count: number): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      inserted += 1;
      await log.query(`INSERT INTO call (position, node_id, seq, id, at, credential, door, method, path, decision, peer_ip,
          required_scopes, used_scopes, missing_scopes)
        VALUES (${Date.now() * 4096 + (inserted % 4096)}, 'nod_old', ${inserted}, 'call_${inserted}', ${Date.now()}, 'none', 'gateway', 'GET', '/',
          'denied', '10.0.0.1', '[]', '[]', '[]')`);
    }
  }
});
