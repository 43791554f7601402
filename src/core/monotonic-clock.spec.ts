import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { MonotonicClock } from './monotonic-clock.js';

describe('#52 the clock', () => {
  // prettier-ignore
  it('follows the wall clock forward and stands still where that goes back', () => {
    const wall = [1_000, 1_001, 999, 0, 1_001, 1_002];
    const clock = new MonotonicClock(() => wall.shift() as number);
    expect(Array.from({ length: 6 }, () => clock.now())).toEqual([1_000, 1_001, 1_001, 1_001, 1_001, 1_002]);
  });

  it('never goes back, and never stays behind the wall clock', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 1 }), (wall) => {
        let i = 0;
        const clock = new MonotonicClock(() => wall[i] as number);
        let before = 0;
        for (i = 0; i < wall.length; i += 1) {
          const now = clock.now();
          expect(now).toBe(Math.max(before, wall[i] as number));
          before = now;
        }
      }),
      { numRuns },
    );
  });
});
