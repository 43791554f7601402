import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { scopesBeyond, type Giver } from './delegation.js';
import { managementScopes } from './management-scopes.js';

const operator: Giver = { isOperator: true, grantableScopes: new Set() };
const giverOf = (...scopes: string[]): Giver => ({
  isOperator: false,
  grantableScopes: new Set(scopes),
});
const customer = { isOperator: false };
const operatorAccount = { isOperator: true };

// prettier-ignore
describe('#31 nobody gives more than they may give', () => {
  it.each<[name: string, giver: Giver, wanted: string[], account: { isOperator: boolean }, beyond: string[]]>([
    ['the operator gives everything', operator, ['a', 'latchkey.keys.write'], customer, []],
    ['the operator gives nothing just as well', operator, [], customer, []],
    ['a key gives what it may', giverOf('a', 'b'), ['a'], customer, []],
    ['a key gives all that it may', giverOf('a', 'b'), ['b', 'a'], customer, []],
    ['a key gives nothing else', giverOf('a'), ['a', 'b', 'c'], customer, ['b', 'c']],
    ['a key that may give nothing gives nothing', giverOf(), ['a'], customer, ['a']],
    ['a key that may give nothing makes a key without scopes', giverOf(), [], customer, []],
    ['#29 a scope is its whole name', giverOf('contacts.readwrite'), ['contacts.read'], customer, ['contacts.read']],
    ['a scope wanted twice is named once', giverOf(), ['a', 'a'], customer, ['a']],
    ['a key gives management scopes if it may', giverOf('latchkey.keys.write'), ['latchkey.keys.write'], customer, []],
    ['a key gives no management scope otherwise', giverOf('a'), ['latchkey.keys.write'], customer, ['latchkey.keys.write']],
    ['an operator-only scope reaches no other account', operator, ['latchkey.accounts.write', 'a'], customer, ['latchkey.accounts.write']],
    ['an operator-only scope reaches no other account through a key', giverOf('latchkey.scopes.write'), ['latchkey.scopes.write'], customer, ['latchkey.scopes.write']],
    ['an operator-only scope stays in the operator\'s account', operator, ['latchkey.services.write'], operatorAccount, []],
    ['an operator-only scope must be grantable there too', giverOf('a'), ['latchkey.services.write'], operatorAccount, ['latchkey.services.write']],
  ])('%s', (_name, giver, wanted, account, beyond) => {
    expect(scopesBeyond(giver, wanted, account)).toEqual(beyond);
  });

  it('takes any iterable', () => {
    expect(scopesBeyond(giverOf('a'), new Set(['a', 'b']), customer)).toEqual(['b']);
  });

  it('never lets a chain of keys reach beyond its first giver', () => {
    const scope = fc.constantFrom('a', 'b', 'c', ...managementScopes.map(({ name }) => name));
    const scopes = fc.uniqueArray(scope, { maxLength: 6 });
    fc.assert(
      fc.property(scopes, fc.array(scopes, { minLength: 1, maxLength: 5 }), fc.boolean(), (first, chain, isOperator) => {
        let giver = giverOf(...first);
        for (const wanted of chain) {
          // A key that was made may in turn give what it was given.
          if (scopesBeyond(giver, wanted, { isOperator }).length > 0) continue;
          for (const given of wanted) expect(first).toContain(given);
          giver = giverOf(...wanted);
        }
      }),
      { numRuns },
    );
  });
});
