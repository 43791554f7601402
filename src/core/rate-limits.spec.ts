import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { isWithinLimits, policyNameOf, type RateLimits } from './rate-limits.js';

const rolling = (requests: number, windowSeconds: number): RateLimits => ({
  rolling: { requests, windowSeconds },
  daily: null,
});
const daily = (requests: number): RateLimits => ({ rolling: null, daily: { requests } });

describe('the name of a policy', () => {
  it.each([
    [1, 'SECONDLY_ROLLING'],
    [10, 'TEN_SECONDLY_ROLLING'],
    [30, '30_SECONDLY_ROLLING'],
    [60, 'MINUTELY_ROLLING'],
    [600, 'TEN_MINUTELY_ROLLING'],
    [3600, 'HOURLY_ROLLING'],
  ])('of %i seconds is %s', (windowSeconds, name) => {
    expect(policyNameOf({ windowSeconds })).toBe(name);
  });
});

describe('#31 limits within others', () => {
  it.each<[what: string, wanted: RateLimits | null, own: RateLimits | null, isWithin: boolean]>([
    ['nothing asked of nobody', null, null, true],
    ['any of whoever has none', rolling(5, 1), null, true],
    ['none of whoever has some', null, rolling(5, 1), false],
    ['the same', rolling(100, 10), rolling(100, 10), true],
    ['one more', rolling(101, 10), rolling(100, 10), false],
    ['ten times as many in ten times as long', rolling(100, 10), rolling(10, 1), false],
    ['a tenth in a tenth of the time', rolling(10, 1), rolling(100, 10), true],
    ['one more than a tenth', rolling(11, 1), rolling(100, 10), false],
    ['windows of which four cover ten seconds', rolling(25, 3), rolling(100, 10), true],
    ['and one more', rolling(26, 3), rolling(100, 10), false],
    ['as many in a longer window', rolling(100, 60), rolling(100, 10), true],
    ['a day in place of a window', daily(1), rolling(100, 10), false],
    ['the same day', daily(5), daily(5), true],
    ['a longer day', daily(6), daily(5), false],
    ['a window in place of a day', rolling(1, 3600), daily(1_000), false],
    [
      'both, one of them wider',
      { ...rolling(1, 1), ...{ daily: { requests: 9 } } },
      { ...rolling(1, 1), daily: { requests: 8 } },
      false,
    ],
  ])('%s', (_what, wanted, own, isWithin) => {
    // prettier-ignore
    expect(isWithinLimits(wanted, own)).toBe(isWithin);
  });

  it('whoever is within makes no more calls in a window than the other may, whenever they come', () => {
    const limit = fc.record({
      requests: fc.integer({ min: 1, max: 8 }),
      windowSeconds: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(limit, limit, fc.array(fc.nat(3), { maxLength: 60 }), (wanted, own, steps) => {
        if (!isWithinLimits({ rolling: wanted, daily: null }, { rolling: own, daily: null })) return;
        const admitted: number[] = [];
        const within = (now: number, seconds: number) =>
          admitted.filter((time) => time > now - seconds).length;
        let now = 0;
        for (const step of steps) {
          now += step;
          if (within(now, wanted.windowSeconds) < wanted.requests) admitted.push(now);
          expect(within(now, own.windowSeconds)).toBeLessThanOrEqual(own.requests);
        }
      }),
      { numRuns },
    ); // prettier-ignore
  });
});
