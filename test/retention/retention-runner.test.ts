import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pruner, Removed } from '../../src/retention/pruner.js';
import { RetentionRunner } from '../../src/retention/retention-runner.js';
import { usualSurroundings } from '../../src/retention/surroundings.js';
import { Turns } from '../../src/store/turns.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';
import { until } from '../support/until.js';

type Line = Readonly<Record<string, unknown>> & { readonly level: string };

describeOnEachDatabase('the runner of retention', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let lines: Line[];
  const runners: RetentionRunner[] = [];

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    const write = (level: string) => (line: object) => void lines.push({ level, ...line });
    Logger.overrideLogger({ log: write('log'), warn: write('warn'), error: write('error') });
  });

  beforeEach(() => {
    lines = [];
  });

  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.onModuleDestroy();
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  /** As a node has one. */
  function start(pruners: readonly Pruner[], surroundings = {}): RetentionRunner {
    const runner = new RetentionRunner(pruners, new Turns(store.writer), store.clock, {
      ...{ ...usualSurroundings, everyMs: 3_600_000, pauseMs: 1 },
      ...surroundings,
    });
    runners.push(runner);
    runner.onApplicationBootstrap();
    return runner;
  }

  const part = (
    name: string,
    prune: (now: number, signal: AbortSignal) => AsyncGenerator<Removed>,
  ): Pruner => ({ name, prune, isDue: async () => true });

  it('runs each part once at the start, at one moment, and again after its time', async () => {
    const moments: [string, number][] = [];
    const noting = (name: string) =>
      part(name, async function* (now) {
        moments.push([name, now]);
        store.sleep(1_000);
        yield { accountId: null, what: 'things', count: 0 };
      });
    start([noting('one'), noting('two')], { everyMs: 50 });
    await until('two runs', () => moments.length >= 4);
    expect(moments.slice(0, 4).map(([name]) => name)).toEqual(['one', 'two', 'one', 'two']);
    expect(moments[0]?.[1]).toBe(moments[1]?.[1]);
    expect(moments[2]?.[1]).toBeGreaterThan(moments[1]?.[1] ?? 0);
    // That there was nothing is not told.
    expect(lines).toEqual([]);
  });

  it('takes no turn for what is not due, and tells a part that cannot say whether it is', async () => {
    const looked: string[] = [];
    const never = (name: string, isDue: () => Promise<boolean>): Pruner => ({
      name,
      isDue: async () => {
        looked.push(name);
        return isDue();
      },
      prune: () => {
        throw new Error('it was not due');
      },
    });
    const broken = never('notices', () => Promise.reject(new Error('disk I/O error')));
    start([never('calls', async () => false), broken], { everyMs: 5 });
    await until('some rounds', () => looked.length >= 6);
    expect(lines).toEqual([
      { level: 'error', msg: 'Retention does not work', part: 'notices', cause: 'disk I/O error' },
    ]);
  });

  it('tells what was taken away of whom, and on the way how far it is', async () => {
    const parts = part('calls', async function* () {
      for (const count of [3, 4]) {
        await sleep(30);
        yield { accountId: 'acc_1', what: 'calls', count };
      }
      yield { accountId: 'acc_2', what: 'calls', count: 0 };
      yield { accountId: 'acc_3', what: 'calls', count: 1 };
    });
    start([parts], { progressMs: 20 });
    await until('its end', () => lines.some(({ accountId }) => accountId === 'acc_3'));
    const told = { level: 'warn', part: 'calls', what: 'calls' };
    const done = { ...told, msg: 'Retention took away what was past its time' };
    const ends = lines.filter(({ msg }) => msg === done.msg);
    expect(ends).toEqual([
      { ...done, accountId: 'acc_1', removed: 7, durationMs: expect.any(Number) },
      { ...done, accountId: 'acc_3', removed: 1, durationMs: expect.any(Number) },
    ]);
    expect(ends[0]?.['durationMs']).toBeGreaterThan(50);
    expect(lines).toContainEqual({
      ...{ ...told, msg: 'Retention is under way', accountId: 'acc_1', removed: 3 },
    });
  });

  it('one part’s failure is told once, keeps no other from its work, and is over when it is over', async () => {
    let runs = 0;
    const failing = part('calls', async function* () {
      yield { accountId: 'acc_1', what: 'calls', count: 2 };
      if (runs < 3) throw new Error('disk I/O error');
    });
    const other = part('audit', async function* () {
      runs += 1;
      yield { accountId: null, what: 'things', count: 0 };
    });
    start([failing, other], { everyMs: 5 });
    await until('it is over', () => lines.some(({ msg }) => msg === 'Retention works again'));
    const told = lines.filter(({ msg }) => !String(msg).includes('past its time'));
    expect(told).toEqual([
      { level: 'error', msg: 'Retention does not work', part: 'calls', cause: 'disk I/O error' },
      { level: 'warn', msg: 'Retention works again', part: 'calls' },
    ]);
    // What had been taken away before it failed is told of all the same.
    expect(lines.filter(({ removed }) => removed === 2).length).toBeGreaterThanOrEqual(3);
  });

  it('stops between two pieces, without waiting, and breaks off a long look', async () => {
    let pieces = 0;
    const endless = part('calls', async function* () {
      for (;;) {
        pieces += 1;
        yield { accountId: null, what: 'calls', count: 1 };
      }
    });
    const runner = start([endless], { pauseMs: 60_000 });
    await until('the first piece', () => pieces > 0);
    const began = performance.now();
    await runner.onModuleDestroy();
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(pieces).toBeLessThanOrEqual(2);

    let isLooking = false;
    const looking = part('audit', async function* (_now, signal) {
      isLooking = true;
      while (!signal.aborted) await sleep(1);
      signal.throwIfAborted();
      yield { accountId: null, what: 'things', count: 0 };
    });
    const second = start([looking]);
    await until('it looks', () => isLooking);
    await second.onModuleDestroy();
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  if (kind === 'sqlite') return;

  it('of two nodes one does it, and the other does it when that one is gone', async () => {
    const seen: string[] = [];
    const endless = part('first', async function* () {
      seen.push('first');
      for (;;) {
        await sleep(5);
        yield { accountId: null, what: 'things', count: 0 };
      }
    });
    const short = part('second', async function* () {
      seen.push('second');
      yield { accountId: null, what: 'things', count: 0 };
    });
    const first = start([endless]);
    await until('the first is at it', () => seen.length === 1);
    start([short], { everyMs: 20 });
    await sleep(300);
    expect(seen).toEqual(['first']);
    await first.onModuleDestroy();
    await until('the second is at it', () => seen.includes('second'));
  });

  it('a node whose connection was cut goes no further: another may be at it', async () => {
    let pieces = 0;
    const slow = part('calls', async function* () {
      for (;;) {
        pieces += 1;
        yield { accountId: null, what: 'calls', count: 1 };
        await sleep(5);
      }
    });
    start([slow], { everyMs: 3_600_000 });
    await until('it is at it', () => pieces > 3);
    await home.postgres?.disconnectAll();
    await until('it has noticed', () => lines.some(({ level }) => level === 'error'));
    const soFar = pieces;
    await sleep(100);
    expect(pieces).toBe(soFar);
    expect(lines.at(-1)?.['msg']).toMatch(/Retention/);
  });
});
