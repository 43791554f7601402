import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { base62Alphabet } from './base62.js';
import { newCallId, newId, positionOfCallId, randomBase62, type IdPrefix } from './ids.js';

// prettier-ignore
const prefixes: IdPrefix[] = ['acc', 'key', 'sec', 'rot', 'svc', 'rte', 'call', 'evt', 'bnd', 'nod', 'grt'];

describe('newId', () => {
  it.each(prefixes)('%s_ and twenty base62 characters', (prefix) => {
    expect(newId(prefix)).toMatch(new RegExp(`^${prefix}_[0-9A-Za-z]{20}$`));
  });

  it('never gives one twice', () => {
    const ids = Array.from({ length: 20_000 }, () => newId('key'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('the id of a call', () => {
  it('names its position', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (position) => {
        const id = newCallId(position);
        expect(id).toMatch(/^call_[0-9A-Za-z]{23}$/);
        expect(positionOfCallId(id)).toBe(position);
      }),
      { numRuns },
    );
  });

  it('begins with the position, so that ids sort as calls came', () => {
    expect(newCallId(7_095_007_641_600_005).slice(0, 14)).toBe('call_WUhaTM7Ij');
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        fc.pre(a < b);
        expect(newCallId(a) < newCallId(b)).toBe(true);
      }),
      { numRuns },
    );
  });

  it('is not to be guessed from its position', () => {
    expect(newCallId(1)).not.toBe(newCallId(1));
  });

  it.each([
    ['another kind', `key_${'0'.repeat(23)}`],
    ['too short', `call_${'0'.repeat(22)}`],
    ['too long', `call_${'0'.repeat(24)}`],
    ['a trailing newline', `call_${'0'.repeat(23)}\n`],
    ['a character that is no base62', `call_${'0'.repeat(22)}-`],
    ['a position beyond what a number holds', `call_${'z'.repeat(23)}`],
    ['nothing', ''],
  ])('%s is no call id', (_name, id) => {
    expect(positionOfCallId(id)).toBeNull();
  });

  it('of the greatest position is read, the one after it is not', () => {
    expect(positionOfCallId(`call_fFgnDxSe7${'0'.repeat(14)}`)).toBe(Number.MAX_SAFE_INTEGER);
    expect(positionOfCallId(`call_fFgnDxSe8${'0'.repeat(14)}`)).toBeNull();
  });

  it('is read from junk without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(positionOfCallId(text)).toBeNull();
      }),
      { numRuns },
    );
  });
});

describe('randomBase62', () => {
  it.each([0, 1, 4, 32, 5_000])('gives %d characters', (length) => {
    expect(randomBase62(length)).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
  });

  it('gives each character equally often, in every place', () => {
    // Chi-squared with 61 degrees of freedom passes 150 once in some 10^9 times. Without the rejection of bytes from 248 on,
    // the first eight characters would come 25 % more often: a value of thousands.
    const texts = Array.from({ length: 20_000 }, () => randomBase62(32));
    expect(chiSquared(texts.join(''))).toBeLessThan(150);
    for (const place of [0, 1, 31]) {
      expect(chiSquared(texts.map((text) => text[place]).join(''))).toBeLessThan(150);
    }
  });
});

function chiSquared(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const expected = text.length / base62Alphabet.length;
  return [...base62Alphabet]
    .map((character) => ((counts.get(character) ?? 0) - expected) ** 2 / expected)
    .reduce((sum, part) => sum + part, 0);
}
