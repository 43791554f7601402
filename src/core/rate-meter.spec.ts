import { beforeEach, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import type { Metered } from './ports.js';
import { CountingMeter, type LimitUse } from './rate-meter.js';
import type { RateLimits } from './rate-limits.js';

const day = 86_400_000;
const start = Date.parse('2027-03-01T12:00:00Z');
const midnight = Date.parse('2027-03-02T00:00:00Z');

const limits = (perTenSeconds: number | null, perDay: number | null): RateLimits => ({
  rolling: perTenSeconds === null ? null : { requests: perTenSeconds, windowSeconds: 10 },
  daily: perDay === null ? null : { requests: perDay },
});

const held = (
  ofKey: RateLimits | null,
  ofAccount: RateLimits | null = null,
  { keyId = 'key_1', timeZone = 'UTC' } = {},
): Metered => ({
  key: { id: keyId, rateLimits: ofKey },
  account: { id: 'acc_1', rateLimits: ofAccount, timeZone },
});

let meter: CountingMeter;
let now: number;

beforeEach(() => {
  meter = new CountingMeter();
  now = start;
});

const take = (metered: Metered, by = meter) =>
  by.take(metered, now).exceeded?.policyName ?? 'counted';
const usedOf = (metered: Metered, by = meter) => by.look(metered, now).map(({ used }) => used);
const saved = (from = meter): LimitUse[] => JSON.parse(JSON.stringify(from.takeChanged()));

describe('a call is counted against each limit that it is held to', () => {
  it('none, and nothing is remembered of whoever has none', () => {
    expect(meter.take(held(null), now)).toEqual({ exceeded: null, standings: [] });
    expect([meter.size, meter.takeChanged()]).toEqual([0, []]);
  });

  it('how each stands is told as it is after the call, the key’s first', () => {
    const { standings } = meter.take(held(limits(2, 5), limits(3, 7)), now);
    expect(standings).toEqual([
      { policyName: 'TEN_SECONDLY_ROLLING', appliesTo: 'key', limit: 2, used: 1, remaining: 1, intervalMs: 10_000, resetsAt: start + 10_000 },
      { policyName: 'DAILY', appliesTo: 'key', limit: 5, used: 1, remaining: 4, intervalMs: day, resetsAt: midnight },
      { policyName: 'TEN_SECONDLY_ROLLING', appliesTo: 'account', limit: 3, used: 1, remaining: 2, intervalMs: 10_000, resetsAt: start + 10_000 },
      { policyName: 'DAILY', appliesTo: 'account', limit: 7, used: 1, remaining: 6, intervalMs: day, resetsAt: midnight },
    ]); // prettier-ignore
  });

  it('the account’s limit holds over all its keys together', () => {
    const account = limits(3, null);
    const [one, two] = [held(null, account), held(null, account, { keyId: 'key_2' })];
    expect([one, two, one, two, one].map((each) => take(each))).toEqual(
      ['counted', 'counted', 'counted', 'TEN_SECONDLY_ROLLING', 'TEN_SECONDLY_ROLLING'], // prettier-ignore
    );
    expect(meter.take(one, now).exceeded?.appliesTo).toBe('account');
  });

  it('one that is refused is counted against none', () => {
    const key = held(limits(100, 100), limits(null, 1));
    expect([take(key), take(key), take(key)]).toEqual(['counted', 'DAILY', 'DAILY']);
    expect(usedOf(key)).toEqual([1, 1, 1]);
  });

  it('of several that have no room the one that takes longest is told', () => {
    const key = held(limits(1, 1), limits(1, 1));
    take(key);
    const { exceeded } = meter.take(key, now);
    expect([exceeded?.policyName, exceeded?.resetsAt]).toEqual(['DAILY', midnight]);
  });

  it('the window rolls to the millisecond, the day ends to the millisecond', () => {
    const key = held(limits(1, 3));
    expect(take(key)).toBe('counted');
    now += 9_999;
    expect(take(key)).toBe('TEN_SECONDLY_ROLLING');
    now += 1;
    expect(take(key)).toBe('counted');
    now = midnight - 1;
    expect(take(key)).toBe('counted');
    now = midnight + 9_998;
    expect(take(key)).toBe('TEN_SECONDLY_ROLLING');
    now += 1;
    expect([take(key), usedOf(key)]).toEqual(['counted', [1, 1]]);
  });

  it('the end of the day lets calls in again, and not a millisecond before', () => {
    const key = held(limits(null, 1));
    take(key);
    now = midnight - 1;
    expect(meter.take(key, now).exceeded).toMatchObject({
      used: 1,
      remaining: 0,
      resetsAt: midnight,
    });
    now = midnight;
    expect([take(key), usedOf(key)]).toEqual(['counted', [1]]);
  });

  it('a limit that is lowered below what was used says when there is room for one', () => {
    for (const at of [0, 1_000, 2_000, 3_000]) meter.take(held(limits(9, 9)), start + at);
    now = start + 4_000;
    const { exceeded, standings } = meter.take(held(limits(2, 99)), now);
    expect(exceeded).toMatchObject({ used: 4, remaining: 0, resetsAt: start + 12_000 });
    expect(standings[1]).toMatchObject({ policyName: 'DAILY', used: 4 });
  });

  it('a limit that is raised has room at once, and what was used stays used', () => {
    take(held(limits(1, 1)));
    expect([take(held(limits(2, 2))), usedOf(held(limits(2, 2)))]).toEqual(['counted', [2, 2]]);
  });

  it('a change of the time zone moves the end of the day, and gives no call back', () => {
    take(held(limits(null, 1)));
    for (const timeZone of ['Asia/Tokyo', 'America/Los_Angeles', 'UTC'])
      expect(take(held(limits(null, 1), null, { timeZone }))).toBe('DAILY');
    now = Date.parse('2027-03-01T15:00:00Z');
    expect(take(held(limits(null, 1), null, { timeZone: 'Asia/Tokyo' }))).toBe('DAILY');
  });

  it('does what plain lists of instants do, whatever keys and accounts call', () => {
    const small = fc.option(fc.integer({ min: 1, max: 6 }), { nil: null });
    const both = fc.tuple(small, small).map(([a, b]) => limits(a, b));
    const calls = fc.array(fc.tuple(fc.nat(2), fc.oneof(fc.nat(3_000), fc.nat(20_000_000))), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(fc.tuple(both, both, both), both, calls, (ofKeys, ofAccount, steps) => {
        const counting = new CountingMeter();
        const admitted: [key: number, at: number][] = [];
        let at = start;
        const dayOf = (time: number) => Math.floor(time / day);
        const hasRoom = ({ rolling, daily }: RateLimits, times: number[]) =>
          (rolling === null || times.filter((time) => time > at - 10_000).length < rolling.requests) &&
          (daily === null || times.filter((time) => dayOf(time) === dayOf(at)).length < daily.requests);
        for (const [key, step] of steps) {
          at += step;
          const metered = held(ofKeys[key] as RateLimits, ofAccount, { keyId: `key_${key}` });
          const isIn =
            hasRoom(ofKeys[key] as RateLimits, admitted.filter(([by]) => by === key).map(([, time]) => time)) &&
            hasRoom(ofAccount, admitted.map(([, time]) => time));
          const { exceeded } = counting.take(metered, at);
          expect(exceeded === null).toBe(isIn);
          if (exceeded !== null) expect(exceeded.resetsAt).toBeGreaterThan(at);
          if (isIn) admitted.push([key, at]);
        }
      }),
      { numRuns },
    ); // prettier-ignore
  });
});

describe('what is counted outlives the process', () => {
  const key = held(limits(2, 3), limits(9, 9));

  it('as it was saved, and only what has changed is saved', () => {
    let told = 0;
    meter.onChange = () => (told += 1);
    take(key);
    take(key);
    expect([told, saved().map(({ holderId, callsOfDay }) => [holderId, callsOfDay])]).toEqual(
      [1, [['key_1', 2], ['acc_1', 2]]], // prettier-ignore
    );
    expect([take(key), saved(), told]).toEqual(['TEN_SECONDLY_ROLLING', [], 1]);
    now += 10_000;
    take(key);
    expect([told, saved().length]).toEqual([2, 2]);
  });

  it('a process that begins goes on from there', () => {
    take(key);
    take(key);
    const next = new CountingMeter();
    next.resume(saved(), now + 1);
    expect([usedOf(key, next), take(key, next)]).toEqual([[2, 2, 2, 2], 'TEN_SECONDLY_ROLLING']);
    now += 10_000;
    expect([take(key, next), take(key, next)]).toEqual(['counted', 'DAILY']);
    now = midnight;
    expect(take(key, next)).toBe('counted');
  });

  it('what could not be saved is saved with what comes after', () => {
    take(key);
    meter.giveBack(saved().map(({ holderId }) => holderId));
    expect(saved().map(({ callsOfDay }) => callsOfDay)).toEqual([1, 1]);
  });

  it.each([
    ['an hour', 3_600_000],
    ['a day', day],
    ['twenty years', 20 * 365 * day],
  ])(
    '#52 a clock that is set back by %s revives nothing, and shuts nobody out for ever',
    (_what, ms) => {
      take(key);
      take(key);
      const next = new CountingMeter();
      now -= ms;
      next.resume(saved(), now);
      expect([usedOf(key, next), take(key, next)]).toEqual([[2, 2, 2, 2], 'TEN_SECONDLY_ROLLING']);
      now += 10_000;
      expect([take(key, next), take(key, next)]).toEqual(['counted', 'DAILY']);
      now += day;
      expect(take(key, next)).toBe('counted');
    },
  );

  it('#52 a clock that is set forward and back in one process changes no day twice', () => {
    const daily = held(limits(null, 1));
    take(daily);
    now = midnight;
    expect(take(daily)).toBe('counted');
    now = start;
    expect(take(daily)).toBe('DAILY');
  });
});

describe('several processes count together', () => {
  const key = held(limits(4, 5));
  const other = new CountingMeter();

  const exchange = (one: CountingMeter, two: CountingMeter) => {
    const [ofOne, ofTwo] = [saved(one), saved(two)];
    one.learn('key_1', ofTwo, now);
    two.learn('key_1', ofOne, now);
  };

  it('each what it has learnt of the others, on top of its own', () => {
    for (const one of [meter, other, meter, other]) take(key, one);
    expect([usedOf(key), usedOf(key, other)]).toEqual([[2, 2], [2, 2]]); // prettier-ignore
    exchange(meter, other);
    expect([usedOf(key), usedOf(key, other)]).toEqual([[4, 4], [4, 4]]); // prettier-ignore
    expect([take(key), take(key, other)]).toEqual(Array(2).fill('TEN_SECONDLY_ROLLING'));
    now += 10_000;
    expect([take(key), take(key), take(key, other)]).toEqual(['counted', 'DAILY', 'counted']);
    now = midnight;
    expect([usedOf(key), usedOf(key, other)]).toEqual([[0, 0], [0, 0]]); // prettier-ignore
  });

  it('what is learnt again takes the place of what was learnt before', () => {
    const use = { holderId: 'key_1', dayEndsAt: midnight, countsUntil: midnight };
    meter.learn('key_1', [{ ...use, recent: [[now, 2]], callsOfDay: 2 }], now);
    meter.learn('key_1', [{ ...use, recent: [[now, 3]], callsOfDay: 3 }], now);
    expect(usedOf(key)).toEqual([3, 3]);
    meter.learn('key_1', [], now);
    expect(usedOf(key)).toEqual([0, 0]);
  });

  it('what is over by its own time counts no more', () => {
    const use = { holderId: 'key_1', recent: [[now - 10_000, 4]] as const, callsOfDay: 4 };
    meter.learn('key_1', [{ ...use, dayEndsAt: now, countsUntil: now + 1 }], now);
    expect(usedOf(key)).toEqual([0, 0]);
  });

  it('#52 what a clock far ahead has written counts for nobody', () => {
    const ahead = now + 365 * day;
    const use = { holderId: 'key_1', recent: [[ahead, 4]] as const, callsOfDay: 5 };
    meter.learn('key_1', [{ ...use, dayEndsAt: ahead, countsUntil: ahead }], now);
    expect(usedOf(key)).toEqual([0, 0]);
  });
});

describe('memory', () => {
  it('holds whoever called within a day, and lets go of the rest', () => {
    take(held(limits(1, null), null, { keyId: 'short' }));
    take(held(limits(null, 1), null, { keyId: 'long' }));
    meter.forgetOver(start + 10_000);
    expect(meter.size).toBe(2);
    saved();
    meter.forgetOver(start + 9_999);
    expect(meter.size).toBe(2);
    meter.forgetOver(start + 10_000);
    expect(meter.size).toBe(1);
    meter.forgetOver(midnight);
    expect(meter.size).toBe(0);
  });

  it('nothing is remembered for having been looked at', () => {
    expect(usedOf(held(limits(1, 1)))).toEqual([0, 0]);
    meter.learn('key_1', [], now);
    expect(meter.size).toBe(0);
  });
});
