import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { RollingWindow, leftAt } from './rolling-window.js';

/** Lets a call in where there is room, and says so. */
function takes(window: RollingWindow, now: number, limit: number, windowMs: number): boolean {
  if (window.countAt(now, windowMs) >= limit) return false;
  window.add(now, limit, windowMs);
  return true;
}

/** Instants that do not go back, many of them close together. */
const instants = fc
  .array(fc.oneof(fc.constant(0), fc.nat(3), fc.nat(200), fc.nat(5_000)), { maxLength: 400 })
  .map((steps) => {
    let now = 1_700_000_000_000;
    return steps.map((step) => (now += step));
  });

describe('a rolling window', () => {
  it('of up to a hundred calls does what a list of all instants would', () => {
    const limits = fc.integer({ min: 1, max: 100 });
    const windows = fc.integer({ min: 1, max: 4_000 });
    fc.assert(
      fc.property(instants, limits, windows, (times, limit, windowMs) => {
        const window = new RollingWindow();
        const admitted: number[] = [];
        for (const now of times) {
          const isFull = admitted.filter((at) => at > now - windowMs).length >= limit;
          expect(takes(window, now, limit, windowMs)).toBe(!isFull);
          if (!isFull) admitted.push(now);
        }
      }),
      { numRuns },
    );
  });

  it('of more calls never lets in more than its limit, and keeps a call for a hundredth of the window too long at most', () => {
    const limits = fc.integer({ min: 101, max: 160 });
    const windows = fc.integer({ min: 100, max: 4_000 });
    const dense = fc.array(fc.oneof(fc.constant(0), fc.nat(1), fc.nat(30)), {
      minLength: 200,
      maxLength: 900,
    });
    fc.assert(
      fc.property(dense, limits, windows, (steps, limit, windowMs) => {
        const grainMs = Math.ceil(windowMs / 100);
        const window = new RollingWindow();
        const admitted: number[] = [];
        let now = 1_700_000_000_000;
        for (const step of steps) {
          now += step;
          const within = (ms: number) => admitted.filter((at) => at > now - ms).length;
          const isIn = takes(window, now, limit, windowMs);
          if (isIn) {
            admitted.push(now);
            expect(within(windowMs)).toBeLessThanOrEqual(limit);
          } else expect(within(windowMs + grainMs)).toBeGreaterThanOrEqual(limit);
        }
        expect(window.kept().length).toBeLessThanOrEqual(102);
      }),
      { numRuns: Math.ceil(numRuns / 5) },
    ); // prettier-ignore
  });

  it('a call leaves it exactly one window later, to the millisecond', () => {
    const window = new RollingWindow();
    expect(takes(window, 1_000, 1, 10_000)).toBe(true);
    expect([takes(window, 10_999, 1, 10_000), window.countAt(10_999, 10_000)]).toEqual([false, 1]);
    expect([takes(window, 11_000, 1, 10_000), window.oldestAt]).toEqual([true, 11_000]);
  });

  it('holds no more than a bound of what it keeps, however many calls there are', () => {
    const window = new RollingWindow();
    for (let now = 0; now < 100_000; now += 1) takes(window, now, 1_000_000, 10_000);
    expect(window.countAt(100_000, 10_000)).toBeGreaterThanOrEqual(9_999);
    expect(window.kept().length).toBeLessThanOrEqual(102);
  });

  it('a call that comes with an earlier time counts as the last one', () => {
    const window = new RollingWindow();
    window.add(5_000, 10, 1_000);
    window.add(4_000, 10, 1_000);
    expect([window.countAt(5_999, 1_000), window.countAt(6_000, 1_000)]).toEqual([2, 0]);
  });

  it('goes on from what it kept', () => {
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 150 }), (times, limit) => {
        const window = new RollingWindow();
        for (const now of times) takes(window, now, limit, 1_000);
        const again = new RollingWindow(window.kept());
        const end = times.at(-1) ?? 0;
        for (const now of [end, end + 1, end + 500, end + 999, end + 1_000])
          expect(again.countAt(now, 1_000)).toBe(window.countAt(now, 1_000));
      }),
      { numRuns },
    );
  });

  it('says when so many of several have left', () => {
    const one = new RollingWindow([[10, 2], [30, 1]]); // prettier-ignore
    const other = new RollingWindow([[20, 3]]);
    const left = (calls: number) => leftAt([one, other], calls, 40, 100);
    expect([0, 1, 2, 3, 5, 6].map(left)).toEqual([40, 110, 110, 120, 120, 130]);
  });
});
