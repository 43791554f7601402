import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { base62Alphabet, toBase62 } from './base62.js';

describe('toBase62', () => {
  it.each([
    [0, 6, '000000'],
    [9, 1, '9'],
    [10, 1, 'A'],
    [35, 1, 'Z'],
    [36, 1, 'a'],
    [61, 1, 'z'],
    [62, 2, '10'],
    [0xcbf43926, 6, '3jZRME'],
    [0xffffffff, 6, '4gfFC3'],
    [Number.MAX_SAFE_INTEGER, 9, 'fFgnDxSe7'],
  ])('%d in %d digits is %s', (value, width, expected) => {
    expect(toBase62(value, width)).toBe(expected);
  });

  it('reads back as the number it was', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const text = toBase62(value, 9);
        let read = 0n;
        for (const digit of text) read = read * 62n + BigInt(base62Alphabet.indexOf(digit));
        expect(text).toHaveLength(9);
        expect(read).toBe(BigInt(value));
      }),
      { numRuns },
    );
  });

  it('sorts as text as it does as a number', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(toBase62(a, 9) < toBase62(b, 9)).toBe(a < b);
      }),
      { numRuns },
    );
  });
});
