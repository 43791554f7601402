import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { callsAtThatTime, type DayOfCalls } from '../../console/src/rotations/day-of-calls.js';
import { numRuns } from '../support/property-runs.js';

const quarter = 15 * 60_000;
const day = 96 * quarter;
/** A bar for each quarter of an hour that is over, the calls of each its own number. */
const at = (to: number, calls: (place: number) => number): DayOfCalls => ({
  to,
  intervalMs: quarter,
  bars: Array.from({ length: 96 }, (_, place) => ({
    from: to - day + place * quarter,
    calls: calls(place),
    deniedCalls: 0,
  })),
});

describe('What a brownout would meet, by the last 24 hours', () => {
  const now = Date.parse('2026-03-10T12:00:00Z');

  it.each([
    ['a quarter of an hour, tomorrow at the same time', '2026-03-11T09:00Z', 15, 84],
    ['two of them', '2026-03-11T09:00Z', 30, 84 + 85],
    ['a part of two', '2026-03-11T09:10Z', 10, 84 / 3 + 85 / 3],
    ['in a week', '2026-03-17T09:00Z', 15, 84],
    ['over the clock of now: the rest was a day before', '2026-03-10T11:45Z', 30, 95 + 0],
    ['from now on', '2026-03-10T12:00Z', 15, 0],
  ])('%s', (_, startsAt, minutes, calls) => {
    const from = Date.parse(startsAt);
    const met = callsAtThatTime(
      at(now, (place) => place),
      from,
      from + minutes * 60_000,
    );
    expect(met).toBeCloseTo(calls, 6);
  });

  it('counts all calls of an interval that is not over, for the part that is', () => {
    const from = Date.parse('2026-03-10T12:00Z');
    const unfinished: DayOfCalls = {
      to: from + 3 * 60_000,
      intervalMs: quarter,
      bars: [{ from, calls: 2, deniedCalls: 0 }],
    };
    const tomorrow = from + day;
    expect(callsAtThatTime(unfinished, tomorrow, tomorrow + quarter)).toBeCloseTo(2, 6);
    expect(callsAtThatTime(unfinished, tomorrow + quarter, tomorrow + 2 * quarter)).toBe(0);
  });

  it('whenever it is, as many as in the same length of an even day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 90 * day }),
        fc.integer({ min: 1, max: 60 }),
        (ahead, minutes) => {
          const from = now + ahead;
          const met = callsAtThatTime(
            at(now, () => 30),
            from,
            from + minutes * 60_000,
          );
          expect(met).toBeCloseTo(2 * minutes, 6);
        },
      ),
      { numRuns },
    );
  });
});
