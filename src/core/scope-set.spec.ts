import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { alsoRequiring, isScopeName, judgeScopes, missingScopes } from './scope-set.js';

// prettier-ignore
describe('the name of a scope (RFC 6749 §3.3)', () => {
  it.each([
    'contacts.read',
    'a',
    'https://example.org/auth/contacts.read',
    'read:contacts',
    '!#$%&\'()*+,-./:;<=>?@[]^_`{|}~',
    '__proto__',
    'a'.repeat(128),
  ])('%s', (name) => {
    expect(isScopeName(name)).toBe(true);
  });

  it.each([
    ['#30 nothing', ''],
    ['a space', 'contacts read'],
    ['a space before', ' contacts.read'],
    ['a double quote', 'contacts"read'],
    ['a backslash', 'contacts\\read'],
    ['#74 a newline at the end', 'contacts.read\n'],
    ['#74 a tab', 'contacts\tread'],
    ['#74 a NUL', 'contacts\u0000'],
    ['#74 DEL', 'contacts\u007f'],
    ['#74 a letter beyond ASCII', 'kontakte.löschen'],
    ['#73 129 characters', 'a'.repeat(129)],
    ['#73 a megabyte', 'a'.repeat(1_000_000)],
  ])('%s is none', (_name, text) => {
    expect(isScopeName(text)).toBe(false);
  });

  it('is visible ASCII but for quote and backslash, character by character', () => {
    for (let code = 0; code <= 0x100; code += 1) {
      const allowed = code > 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
      expect([code, isScopeName(String.fromCharCode(code))]).toEqual([code, allowed]);
    }
  });
});

describe('the scopes of a set that are missing', () => {
  it.each<[required: string[], held: string[], missing: string[]]>([
    [['a'], ['a'], []],
    [['a', 'b'], ['a'], ['b']],
    [['a', 'b'], [], ['a', 'b']],
    [['b', 'a'], ['c'], ['b', 'a']],
    [[], [], []],
    [['contacts.read'], ['contacts.readwrite'], ['contacts.read']],
    [['contacts.readwrite'], ['contacts.read'], ['contacts.readwrite']],
    [['contacts.read'], ['contacts.*'], ['contacts.read']],
    [['contacts.read'], ['contacts'], ['contacts.read']],
    [['contacts.read'], ['Contacts.read'], ['contacts.read']],
    [['contacts.read'], ['contacts.read '], ['contacts.read']],
    [['contacts.read'], ['*'], ['contacts.read']],
  ])('#29 of %j, holding %j: %j', (required, held, missing) => {
    expect(missingScopes(required, new Set(held))).toEqual(missing);
  });
});

// prettier-ignore
describe('a route', () => {
  it.each<[name: string, sets: string[][], held: string[], used: string[]]>([
    ['without scope sets opens to any valid key', [], [], []],
    ['without scope sets uses none of the scopes held', [], ['a'], []],
    ['opens by its one set', [['a']], ['a'], ['a']],
    ['opens by a set of several', [['a', 'b']], ['b', 'c', 'a'], ['a', 'b']],
    ['opens by any one of its sets', [['a'], ['b']], ['b'], ['b']],
    ['opens by the first set that is held', [['a', 'b'], ['a'], ['b']], ['a', 'b'], ['a', 'b']],
    ['opens by the second set where the first is not whole', [['a', 'x'], ['b']], ['a', 'b'], ['b']],
  ])('%s', (_name, sets, held, used) => {
    expect(judgeScopes(sets, new Set(held))).toEqual({ open: true, used });
  });

  it.each<[name: string, sets: string[][], held: string[], nearest: string[], missing: string[]]>([
    ['#29 contacts.readwrite does not open contacts.read', [['contacts.read']], ['contacts.readwrite'], ['contacts.read'], ['contacts.read']],
    ['#29 contacts.read does not open contacts.readwrite', [['contacts.readwrite']], ['contacts.read'], ['contacts.readwrite'], ['contacts.readwrite']],
    ['half a set opens nothing', [['a', 'b']], ['a'], ['a', 'b'], ['b']],
    ['halves of two sets open nothing', [['a', 'b'], ['c', 'd']], ['a', 'c'], ['a', 'b'], ['b']],
    ['the set with fewest missing is nearest', [['a', 'b', 'c'], ['d', 'e']], ['a', 'b'], ['a', 'b', 'c'], ['c']],
    ['the set with fewest missing is nearest, though it is larger and later', [['x', 'y'], ['a', 'b', 'c', 'd']], ['a', 'b', 'c'], ['a', 'b', 'c', 'd'], ['d']],
    ['of two equally near the smaller', [['a', 'b', 'c'], ['a', 'd']], ['a', 'b'], ['a', 'd'], ['d']],
    ['of two equally near the smaller, were it first', [['a', 'd'], ['a', 'b', 'c']], ['a', 'b'], ['a', 'd'], ['d']],
    ['of two equally near and large the first declared', [['b'], ['a']], [], ['b'], ['b']],
    ['of three equally near and large the first declared', [['a', 'x'], ['a', 'y'], ['a', 'z']], ['a'], ['a', 'x'], ['x']],
    ['missing scopes stand in the order of the set', [['c', 'a', 'b']], ['a'], ['c', 'a', 'b'], ['c', 'b']],
  ])('%s', (_name, sets, held, nearest, missing) => {
    expect(judgeScopes(sets, new Set(held))).toEqual({ open: false, nearest, missing });
  });

  it('is judged as brute force judges it', () => {
    const scope = fc.constantFrom('a', 'ab', 'a.b', 'b', 'c', 'd');
    const sets = fc.array(fc.uniqueArray(scope, { minLength: 1, maxLength: 4 }), { maxLength: 5 });
    fc.assert(
      fc.property(sets, fc.uniqueArray(scope), (scopeSets, held) => {
        const verdict = judgeScopes(scopeSets, new Set(held));
        const whole = scopeSets.filter((set) => set.every((one) => held.includes(one)));
        expect(verdict.open).toBe(scopeSets.length === 0 || whole.length > 0);
        if (verdict.open) {
          expect(verdict.used).toEqual(whole[0] ?? []);
          return;
        }
        const [nearest] = scopeSets
          .map((set, place) => ({ set, place, missing: set.filter((one) => !held.includes(one)) }))
          .sort((a, b) => a.missing.length - b.missing.length || a.set.length - b.set.length || a.place - b.place);
        expect(verdict).toEqual({ open: false, nearest: nearest?.set, missing: nearest?.missing });
      }),
      { numRuns },
    );
  });
});

describe('scopes that are needed besides', () => {
  it.each<[name: string, sets: string[][], more: string[], expected: string[][]]>([
    ['none change nothing', [['a'], ['b']], [], [['a'], ['b']]],
    ['none where any valid key will do', [], [], []],
    ['they are needed whichever set is taken', [['a'], ['b', 'c']], ['d'], [['a', 'd'], ['b', 'c', 'd']]],
    ['they alone where any valid key would have done', [], ['a', 'b'], [['a', 'b']]],
    ['each once', [['a', 'b']], ['b', 'c'], [['a', 'b', 'c']]],
  ])('%s', (_name, sets, more, expected) => {
    expect(alsoRequiring(sets, more)).toEqual(expected);
  }); // prettier-ignore
});
