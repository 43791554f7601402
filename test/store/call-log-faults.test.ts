import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { LogUnavailableError, type NewCall } from '../../src/core/ports.js';
import { completedOutcome, eventually, exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';

const loading = fileURLToPath(new URL('../support/call-log-load.mjs', import.meta.url));
const faultyWorker = new URL('../support/faulty-call-log.worker.mjs', import.meta.url);
/** Milliseconds: short, so that an outage shows quickly, and long enough for a busy machine. */
const impatient = { timeoutMs: 500, retryMs: 50 };

describeOnEachDatabase('the call log in trouble', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
  });

  afterEach(() => log.clear());

  afterAll(async () => {
    await log.close();
    await home.remove();
  });

  async function expectNoGap(count: number): Promise<void> {
    const [found] = await log.query<{ rows: string; seqs: string; last: string }>(
      'SELECT count(*) AS rows, count(DISTINCT seq) AS seqs, max(seq) AS last FROM call',
    );
    const { rows, seqs, last } = found ?? {};
    expect([rows, seqs, last].map(Number)).toEqual([count, count, count]);
  }

  it('tells everyone who waits, keeps their rows, and recovers by itself', async () => {
    const states: boolean[] = [];
    let onRecovery = () => {};
    const writer = await log.writer({
      ...impatient,
      onStateChange: (healthy) => {
        states.push(healthy);
        if (healthy) onRecovery();
      },
    });
    const before = exampleCall(writer, { status: null, reason: null });
    await writer.write(before);

    const unblock = await log.blockWriters();
    const denied = { decision: 'denied', status: 403, reason: 'IP_NOT_ALLOWED' } as const;
    const waiting = [exampleCall(writer), exampleCall(writer, denied)];
    // Nobody waits for these: one comes before the outage is known, one in the middle of it.
    const answered = [exampleCall(writer), exampleCall(writer)];
    const writes = waiting.map((call) => writer.write(call));
    writer.note(answered[0] as NewCall);
    const results = await Promise.allSettled(writes);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'LogUnavailableError' } });
    }
    expect(writer.healthy).toBe(false);

    const startedAt = performance.now();
    const meanwhile = exampleCall(writer);
    await expect(writer.write(meanwhile)).rejects.toThrow(LogUnavailableError);
    expect(performance.now() - startedAt).toBeLessThan(impatient.timeoutMs / 2);
    writer.note(answered[1] as NewCall);
    writer.complete(before.position, completedOutcome);
    // A door that does not look must not bring the process down.
    void writer.write(exampleCall(writer));

    // The first row after the outage is taken while those of the outage still wait, and is none of them.
    const after = exampleCall(writer);
    const recovered = new Promise<void>((resolve) => {
      onRecovery = () => resolve(writer.write(after));
    });
    await unblock();
    await recovered;
    expect(states).toEqual([false, true]);
    expect(await log.store.find(after.id)).toMatchObject({ status: after.status });
    expect(await log.store.find(before.id)).toMatchObject(completedOutcome);
    const unanswered = { status: 503, reason: 'LOG_UNAVAILABLE' };
    const [allowedCall, deniedCall] = await Promise.all(
      waiting.map((call) => log.store.find(call.id)),
    );
    expect(allowedCall).toMatchObject({ ...unanswered, decision: 'allowed' });
    expect(deniedCall).toMatchObject({ ...unanswered, decision: 'denied' });
    expect(await log.store.find(meanwhile.id)).toMatchObject(unanswered);
    for (const { id, status, reason } of answered)
      expect(await log.store.find(id)).toMatchObject({ status, reason });
    await expectNoGap(8);
    expect(writer.lostRows).toBe(0);
  });

  it('keeps what was noted as it was noted, beside the rows of those who waited in vain', async () => {
    const writer = await log.writer(impatient);
    const unblock = await log.blockWriters();
    const noted = [exampleCall(writer), exampleCall(writer, { status: 201 })];
    const waiting = [exampleCall(writer), exampleCall(writer)];
    const vain: Promise<void>[] = [];
    // Handed over before it was known that the log is in trouble, and after.
    for (const [i, call] of noted.entries()) {
      writer.note(call);
      vain.push(writer.write(waiting[i] as NewCall));
      await Promise.allSettled(vain);
      expect(writer.healthy).toBe(false);
    }
    await unblock();
    await eventually(() => writer.waitingRows === 0);
    for (const { id, status, reason } of noted)
      expect(await log.store.find(id)).toMatchObject({ status, reason });
    for (const { id } of waiting)
      expect(await log.store.find(id)).toMatchObject({ status: 503, reason: 'LOG_UNAVAILABLE' });
    await expectNoGap(4);
  });

  it('keeps what a buffered log was given as it was given', async () => {
    const writer = await log.writer({ ...impatient, mode: 'buffered' });
    const unblock = await log.blockWriters();
    const first = exampleCall(writer);
    await writer.write(first);
    await new Promise((resolve) => setTimeout(resolve, 1.5 * impatient.timeoutMs));
    expect(writer.healthy).toBe(true);
    await writer.write(exampleCall(writer));
    await unblock();
    await eventually(() => writer.waitingRows === 0);
    expect(await log.store.find(first.id)).toMatchObject({ status: first.status });
    await expectNoGap(2);
  });

  it('keeps no more rows than its bound while it is unavailable', async () => {
    const writer = await log.writer({ ...impatient, queueMax: 20 });
    const unblock = await log.blockWriters();
    await Promise.allSettled(Array.from({ length: 100 }, () => writer.write(exampleCall(writer))));
    expect(writer.waitingRows).toBe(20);
    expect(writer.lostRows).toBe(80);
    await unblock();
    await eventually(() => writer.waitingRows === 0);
    await expectNoGap(20);
  });

  it('stops within its patience where its database stays away, and says what it lost', async () => {
    const writer = await log.writer(impatient);
    const unblock = await log.blockWriters();
    const write = writer.write(exampleCall(writer));
    const [result] = await Promise.allSettled([write, writer.stop()]);
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'LogUnavailableError' } });
    expect(writer.lostRows).toBe(1);
    await unblock();
  });

  it('leaves out a row that the database refuses, and goes on', async () => {
    const writer = await log.writer(impatient);
    const call = exampleCall(writer);
    await writer.write(call);
    const others = [exampleCall(writer), exampleCall(writer)];
    const writes = [call, ...others].map((one) => writer.write(one));
    for (const write of writes) await expect(write).rejects.toThrow(LogUnavailableError);
    await eventually(() => writer.healthy && writer.waitingRows === 0);
    expect(writer.lostRows).toBe(1);
    expect(await log.store.find(call.id)).toMatchObject({ seq: 1, status: call.status });
    for (const other of others)
      expect(await log.store.find(other.id)).toMatchObject({ status: 503 });
    await writer.write(exampleCall(writer));
    await log.expectCaughtUp();
  });

  it.each([
    ['before it commits', '/die-before-commit'],
    ['after it committed, before it said so', '/die-after-commit'],
  ])('goes on with a new thread where the old one dies %s', async (_when, path) => {
    const writer = await log.writer({ ...impatient, workerUrl: faultyWorker });
    const calls = ['/a', path, '/b'].map((one) => exampleCall(writer, { path: one }));
    const results = await Promise.allSettled(calls.map((call) => writer.write(call)));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await eventually(() => writer.healthy && writer.waitingRows === 0);
    await writer.write(exampleCall(writer));
    for (const call of calls) {
      expect(await log.store.find(call.id)).toMatchObject({
        status: 503,
        reason: 'LOG_UNAVAILABLE',
      });
    }
    await expectNoGap(4);
    await log.expectCaughtUp();
  });

  it('gives up on a database that does not answer, and corrects what it wrote after all', async () => {
    const states: boolean[] = [];
    const onStateChange = (healthy: boolean) => states.push(healthy);
    const writer = await log.writer({ ...impatient, workerUrl: faultyWorker, onStateChange });
    const slow = exampleCall(writer, { path: '/answer-late' });
    const beside = exampleCall(writer);
    const writing = writer.write(slow);
    writer.note(beside);
    await expect(writing).rejects.toThrow(LogUnavailableError);
    expect(writer.healthy).toBe(false);
    await eventually(() => writer.healthy);
    await writer.write(exampleCall(writer));
    expect(await log.store.find(slow.id)).toMatchObject({ status: 503, reason: 'LOG_UNAVAILABLE' });
    const { id, status, reason } = beside;
    expect(await log.store.find(id)).toMatchObject({ status, reason });
    expect(states).toEqual([false, true]);
    await expectNoGap(3);
  });

  if (kind === 'postgres') {
    it('opens a new connection where the server ended the old one', async () => {
      const writer = await log.writer(impatient);
      await writer.write(exampleCall(writer));
      await log.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'latchkey call log %' AND datname = current_database()",
      );
      await expect(writer.write(exampleCall(writer))).rejects.toThrow(LogUnavailableError);
      await eventually(() => writer.healthy);
      await writer.write(exampleCall(writer));
      await expectNoGap(3);
    });
  }

  it.each(['durable', 'committed'])(
    'has every acknowledged row once after kill -9 (%s)',
    async (mode) => {
      const folder = makeFolder('load');
      const file = join(folder, 'acknowledged');
      const written = () => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      for (let round = 0; round < 3; round += 1) {
        const before = written();
        const child = spawn(process.execPath, [loading, log.url, mode, 'nod_1', file], {
          stdio: 'inherit',
        });
        await eventually(() => written() > before || child.exitCode !== null);
        await new Promise((resolve) => setTimeout(resolve, 100 + 150 * round));
        expect(child.exitCode).toBeNull();
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      const acknowledged = readFileSync(file, 'utf8').trimEnd().split('\n');
      removeFolder(folder);
      // What was committed and not counted yet is counted by who opens the log next.
      await log.writer();
      const rows = await log.query<{ id: string }>('SELECT id FROM call');
      const ids = new Set(rows.map(({ id }) => id));
      expect(rows).toHaveLength(ids.size);
      expect(acknowledged.length).toBeGreaterThan(100);
      expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
      await expectNoGap(rows.length);
      await log.expectCaughtUp();
    },
  );
});
