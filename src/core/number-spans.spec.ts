import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { missingBetween, NumberSpans } from './number-spans.js';

describe('numbers that are missing', () => {
  it('are none where all follow each other, in whichever order they came', () => {
    const spans = new NumberSpans();
    for (const [first, last] of [[7, 9], [1, 3], [4, 6]] as const) spans.add({ first, last }); // prettier-ignore
    expect(spans.gaps()).toEqual([]);
  });

  it('are told in spans, and up to the last one that was given out', () => {
    const spans = new NumberSpans();
    for (const [first, last] of [[10, 12], [3, 5]] as const) spans.add({ first, last }); // prettier-ignore
    expect(spans.gaps()).toEqual([{ first: 6, last: 9 }]);
    expect(spans.gaps(14)).toEqual([
      { first: 6, last: 9 },
      { first: 13, last: 14 },
    ]);
    expect(spans.gaps(4)).toEqual([{ first: 6, last: 9 }]);
  });

  it('are not known where there is no number at all', () => {
    expect(new NumberSpans().gaps(17)).toEqual([]);
  });

  it('are exactly those of the set', () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 }));
    fc.assert(
      fc.property(span, fc.array(span, { maxLength: 12 }), ([first, length], pieces) => {
        const whole = { first, last: first + length * 4 };
        const there = pieces.map(([from, more]) => ({ first: from, last: from + more }));
        const isThere = (number: number) =>
          there.some((one) => number >= one.first && number <= one.last);
        const expected = [];
        for (let number = whole.first; number <= whole.last; number += 1)
          if (!isThere(number)) expected.push(number);
        const missing = missingBetween(whole, there);
        const told = missing.flatMap((one) =>
          Array.from({ length: one.last - one.first + 1 }, (_, i) => one.first + i),
        );
        expect(told).toEqual(expected);
        // Spans that touch would be one.
        for (const [i, one] of missing.entries())
          expect(one.first).not.toBe((missing[i - 1]?.last ?? -9) + 1);
      }),
      { numRuns },
    );
  });
});
