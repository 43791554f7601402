import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { CallGapsStore } from '../../src/store/call-log/read/call-gaps.store.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { eventually, exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';
import { until } from '../support/until.js';

const hour = 3_600_000;

describeOnEachDatabase('what is missing from the call log', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;
  let gaps: CallGapsStore;
  let now: number;
  let from: number;

  beforeEach(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
    gaps = log.gaps('nod_own');
    now = Date.now();
    from = now - 60 * hour;
  });

  afterEach(async () => {
    await log?.close();
    await home?.remove();
  });

  /** Calls at these times, one after the other. */
  async function write(writer: CallLogWriter, times: readonly number[]): Promise<void> {
    for (const at of times) await writer.write(exampleCall(writer, { at }));
  }

  const check = () => gaps.check({ from, to: Date.now() + 1, keptFrom: 0 });

  it('is nothing where every number has its row, over days, and however long a call took', async () => {
    const writer = await log.writer();
    const slow = exampleCall(writer, { at: from + hour });
    await write(
      writer,
      Array.from({ length: 30 }, (_, i) => from + (i + 1) * 2 * hour - i),
    );
    // It came long before the others, and its row is the last.
    await writer.write(slow);
    await write(writer, [now]);
    expect(await check()).toEqual({ rows: 32, gaps: [], hasMore: false, unclearEnds: [] });
  });

  it('is told by its numbers, and by the times of its neighbours', async () => {
    const writer = await log.writer();
    const times = Array.from({ length: 40 }, (_, i) => from + i * hour);
    await write(writer, times);
    await log.takeOut('seq IN (5, 6, 7, 20, 40)');
    const { gaps: found, rows } = await check();
    expect(rows).toBe(35);
    const timeOf = (seq: number) => times[seq - 1] ?? null;
    expect(found).toEqual([
      { nodeId: 'nod_1', first: 5, last: 7, after: timeOf(4), before: timeOf(8) },
      { nodeId: 'nod_1', first: 20, last: 20, after: timeOf(19), before: timeOf(21) },
      { nodeId: 'nod_1', first: 40, last: 40, after: timeOf(39), before: null },
    ]);
    // What is older than what is looked at is not missed.
    const later = await gaps.check({
      ...{ from: from + 10 * hour, to: Date.now() + 1, keptFrom: 0 },
    });
    expect(later.gaps.map(({ first }) => first)).toEqual([20, 40]);
  });

  it('is told also where all of a day is gone, whichever part of it is looked at', async () => {
    const writer = await log.writer();
    const times = Array.from({ length: 40 }, (_, i) => from + i * hour);
    await write(writer, times);
    const [first, last] = [from + 10 * hour, from + 30 * hour];
    await log.takeOut(`at >= ${first} AND at < ${last}`);
    const found = async (start: number, end: number, keptFrom = 0) =>
      (await gaps.check({ from: start, to: end, keptFrom })).gaps.map((gap) => [
        gap.first,
        gap.last,
      ]);
    const end = Date.now() + 1;
    for (const [start, to] of [
      [from, end],
      [first, last],
      [first + hour, last - hour],
      [first, end],
      [from, last],
    ] as const)
      expect(await found(start, to)).toEqual([[11, 30]]);
    expect(await found(last, end)).toEqual([[11, 30]]);
    expect(await found(last + hour, end)).toEqual([]);
    // What may have been removed is not missed.
    expect(await found(last, end, last)).toEqual([]);
    // Nor is anything left of the node.
    await log.takeOut('1 = 1');
    expect(await found(from, Date.now() + 1)).toEqual([[1, 40]]);
  });

  it('is a call of a buffered log that found no room', async () => {
    const writer = await log.writer({ mode: 'buffered', queueMax: 3 });
    await write(writer, [now]);
    await eventually(() => writer.waitingRows === 0);
    const unblock = await log.blockWriters();
    await write(writer, [now, now, now, now, now]);
    expect(writer.lostRows).toBe(2);
    await unblock();
    await eventually(() => writer.waitingRows === 0);
    await write(writer, [now]);
    await eventually(() => writer.waitingRows === 0);
    const { gaps: found } = await check();
    expect(found).toEqual([
      { nodeId: 'nod_1', first: 5, last: 6, after: expect.any(Number), before: expect.any(Number) },
    ]);
  });

  it('may be what a buffered log had not written when it was killed, and says so', async () => {
    const writer = await log.writer({ mode: 'buffered' });
    await write(writer, [now]);
    await eventually(() => writer.waitingRows === 0);
    await log.query('UPDATE call_run SET ended_at = NULL');
    await writer.stop();
    await log.query('UPDATE call_run SET ended_at = NULL');
    const end = { nodeId: 'nod_1', startedAt: expect.any(Number), lastCallAt: now };
    // PostgreSQL shows a connection that has ended for a moment longer.
    await until('its end', async () => (await check()).unclearEnds.length > 0);
    expect((await check()).unclearEnds).toEqual([{ ...end, mayStillRun: true }]);
    // The node that asks knows that it runs.
    const own = await log.gaps('nod_1').check({ from, to: Date.now() + 1, keptFrom: 0 });
    expect(own.unclearEnds).toEqual([]);
    await log.writer({ mode: 'buffered' });
    expect((await check()).unclearEnds[0]).toEqual({ ...end, mayStillRun: false });
    // It ended somewhere between its last call and the next run.
    const within = async (start: number, end: number) =>
      (await log.gaps('nod_1').check({ from: start, to: end, keptFrom: 0 })).unclearEnds.length;
    expect(await within(now + 1, now + hour)).toBe(1);
    expect(await within(now + hour, now + 2 * hour)).toBe(0);
    expect(await within(from, now)).toBe(0);
  });

  it('is nothing of a run that goes on, wherever it does', async () => {
    const writer = await log.writer({ mode: 'buffered' });
    await write(writer, [now]);
    const seen = await check();
    // A file has one writer, so who asks without being it has nobody to ask.
    const isSeen = kind === 'postgres';
    expect(seen.unclearEnds.map(({ mayStillRun }) => mayStillRun)).toEqual(isSeen ? [] : [true]);
    await writer.stop();
    expect((await check()).unclearEnds).toEqual([]);
  });

  it('is nothing of a run that came to its end, nor of a log that is not buffered', async () => {
    for (const mode of ['buffered', 'committed'] as const) {
      const writer = await log.writer({ mode });
      await write(writer, [now]);
      if (mode === 'buffered') await writer.stop();
    }
    const { unclearEnds, gaps: found } = await check();
    expect({ unclearEnds, found }).toEqual({ unclearEnds: [], found: [] });
  });
});
