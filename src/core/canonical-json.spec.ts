import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { canonicalJson } from './canonical-json.js';

// prettier-ignore
describe('canonical JSON (RFC 8785)', () => {
  it.each<[name: string, value: unknown, text: string]>([
    ['null', null, 'null'],
    ['a boolean', false, 'false'],
    ['a text', 'a"b', '"a\\"b"'],
    ['an empty object', {}, '{}'],
    ['an empty array', [], '[]'],
    ['keys out of order', { b: 1, a: 2 }, '{"a":2,"b":1}'],
    ['keys out of order, deep down', { b: [{ d: 1, c: 2 }], a: { f: 1, e: 2 } }, '{"a":{"e":2,"f":1},"b":[{"c":2,"d":1}]}'],
    ['the order of an array is kept', [3, 1, 2], '[3,1,2]'],
    ['a member that is undefined', { a: undefined, b: 1 }, '{"b":1}'],
    ['an item that is undefined', [undefined, 1], '[null,1]'],
    ['numbers, as in §3.2.2', [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0], '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]'],
    ['texts, as in §3.2.2', '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'],
    ['keys, as in §3.2.3', { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }, '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}'],
    ['a key called __proto__', JSON.parse('{"b":1,"__proto__":2}'), '{"__proto__":2,"b":1}'],
  ])('%s', (_name, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('says the same as the value, and one thing only for one value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(turned(JSON.parse(text)))).toBe(text);
      }),
      { numRuns },
    );
  });
});

/** The same value, its keys put in another order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (value === null || typeof value !== 'object') return value;
  // prettier-ignore
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, turned(one)] as const).toReversed());
}
