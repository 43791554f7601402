import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { brownoutAt, planBrownouts, type Brownout } from './brownout.js';
import type { Rotation } from './rotation.js';

const now = 1_000_000_000;
const minute = 60_000;
const hour = 60 * minute;
const rotation: Rotation = {
  ...{ standing: 'open', startedAt: now - hour, graceEndsAt: now + 10 * hour, endedAt: null },
};
const at = (startsAt: number, endsAt: number): Brownout => ({ startsAt, endsAt });

describe('planning brownouts', () => {
  it('takes them in their order, and keeps those that have begun', () => {
    const begun = at(now - minute, now + minute);
    const dropped = at(now + 5 * minute, now + 6 * minute);
    const wanted = [at(now + hour, now + 2 * hour), at(now + minute, now + 2 * minute)];
    expect(planBrownouts(rotation, [begun, dropped], wanted, now)).toEqual({
      ok: true,
      brownouts: [begun, wanted[1], wanted[0]],
    });
    expect(planBrownouts(rotation, [begun, dropped], [], now)).toEqual({
      ...{ ok: true, brownouts: [begun] },
    });
  });

  it('takes one that begins now, lasts an hour, or ends with the grace', () => {
    for (const window of [at(now, now + hour), at(now + 9 * hour, now + 10 * hour)])
      expect(planBrownouts(rotation, [], [window], now).ok).toBe(true);
  });

  it('refuses one that begins before the old secret retires', () => {
    const scheduled = { ...rotation, startedAt: now + 5 };
    const refused = { ok: false, why: 'outside_grace' };
    expect(planBrownouts(scheduled, [], [at(now + 4, now + 6)], now)).toEqual(refused);
    expect(planBrownouts(scheduled, [], [at(now + 5, now + 6)], now).ok).toBe(true);
  });

  const refused: [string, Brownout[], Brownout[], string][] = [
    ['begins in the past', [], [at(now - 1, now + 1)], 'in_the_past'],
    ['lasts no time', [], [at(now, now)], 'too_long'],
    ['ends before it begins', [], [at(now + 2, now + 1)], 'too_long'],
    ['lasts longer than an hour', [], [at(now, now + hour + 1)], 'too_long'],
    ['ends after the grace', [], [at(now + 10 * hour, now + 10 * hour + 1)], 'outside_grace'],
    ['overlaps another', [], [at(now, now + 2), at(now + 1, now + 3)], 'overlapping'],
    ['overlaps one that has begun', [at(now - 1, now + 2)], [at(now + 1, now + 3)], 'overlapping'],
    [
      'is the fifty-first',
      [],
      Array.from({ length: 51 }, (_, i) => at(now + i, now + i + 1)),
      'too_many',
    ],
  ];
  it.each(refused)('refuses one that %s', (_name, planned, wanted, why) => {
    expect(planBrownouts(rotation, planned, wanted, now)).toEqual({ ok: false, why });
  });

  it.each([
    { ...rotation, graceEndsAt: now },
    { ...rotation, standing: 'finished', endedAt: now } as const,
  ])('refuses them once the rotation is over: %j', (over) => {
    const window = at(now, now + 1);
    expect(planBrownouts(over, [], [window], now)).toEqual({ ok: false, why: 'not_open' });
  });
});

describe('the brownout in force', () => {
  it('is the one whose time it is, its first millisecond included and its last not', () => {
    const first = at(now, now + 2);
    const second = at(now + 2, now + 3);
    const inForce = [now - 1, now, now + 1, now + 2, now + 3].map((moment) =>
      brownoutAt([first, second], moment),
    );
    expect(inForce).toEqual([null, first, first, second, null]);
    expect(brownoutAt([], now)).toBeNull();
  });

  it('is at most one at any time of any plan that is taken', () => {
    const start = fc.integer({ min: 0, max: 40 });
    const length = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(start, length), { maxLength: 6 }), (drawn) => {
        const wanted = drawn.map(([from, ms]) => at(now + from, now + from + ms));
        const plan = planBrownouts(rotation, [], wanted, now);
        if (!plan.ok) return;
        const moments = Array.from({ length: 50 }, (_, ms) => now + ms);
        const fitting = moments.map((moment) =>
          wanted.filter((one) => one.startsAt <= moment && moment < one.endsAt),
        );
        expect(fitting.every((each) => each.length <= 1)).toBe(true);
        const inForce = moments.map((moment) => brownoutAt(plan.brownouts, moment));
        expect(inForce).toEqual(fitting.map(([one]) => one ?? null));
      }),
      { numRuns },
    );
  });
});
