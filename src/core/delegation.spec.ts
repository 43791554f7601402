import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { limitsBeyond, scopesBeyond, type Giver, type Limits } from './delegation.js';
import { noAllowlist, type IpAllowlist } from './ip-allowlist.js';
import { managementScopes } from './management-scopes.js';

const unlimited: Limits = { ipAllowlist: noAllowlist, expiresAt: null, rateLimits: null };
const operator: Giver = { isOperator: true, grantableScopes: new Set(), ...unlimited };
const giverOf = (...scopes: string[]): Giver => ({
  ...unlimited,
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

const enforced = (...cidrs: string[]): IpAllowlist => ({
  mode: 'enforce',
  entries: cidrs.map((cidr) => ({ cidr })),
});

// prettier-ignore
describe('#31 what a key makes is limited as it is itself', () => {
  it.each<[name: string, own: Partial<Limits>, wanted: Partial<Limits>, beyond: (keyof Limits)[]]>([
    ['no limits, none wanted', {}, {}, []],
    ['no limits, some wanted', {}, { ipAllowlist: enforced('10.0.0.0/8'), expiresAt: 5 }, []],
    ['the same list', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: enforced('10.0.0.0/8') }, []],
    ['a narrower list', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: enforced('10.1.0.0/16', '10.2.3.4') }, []],
    ['an empty list admits nobody', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: enforced() }, []],
    ['no list at all', { ipAllowlist: enforced('10.0.0.0/8') }, {}, ['ipAllowlist']],
    ['a list that only reports', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: { mode: 'report', entries: [{ cidr: '10.1.0.0/16' }] } }, ['ipAllowlist']],
    ['a wider network', { ipAllowlist: enforced('10.1.0.0/16') }, { ipAllowlist: enforced('10.0.0.0/8') }, ['ipAllowlist']],
    ['one entry outside', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: enforced('10.1.0.0/16', '192.0.2.1') }, ['ipAllowlist']],
    ['the other family', { ipAllowlist: enforced('10.0.0.0/8') }, { ipAllowlist: enforced('2001:db8::/32') }, ['ipAllowlist']],
    ['IPv6 within IPv6', { ipAllowlist: enforced('2001:db8::/32') }, { ipAllowlist: enforced('2001:db8:1::/48') }, []],
    ['own list only reports', { ipAllowlist: { mode: 'report', entries: [] } }, {}, []],
    ['the same expiry', { expiresAt: 5 }, { expiresAt: 5 }, []],
    ['a later expiry', { expiresAt: 5 }, { expiresAt: 6 }, ['expiresAt']],
    ['no expiry', { expiresAt: 5 }, {}, ['expiresAt']],
    ['both', { ipAllowlist: enforced(), expiresAt: 5 }, {}, ['ipAllowlist', 'expiresAt']],
  ])('%s', (_name, own, wanted, beyond) => {
    expect(limitsBeyond({ ...giverOf(), ...own }, { ...unlimited, ...wanted })).toEqual(beyond);
  });

  it('the operator is not limited', () => {
    expect(limitsBeyond({ ...operator, expiresAt: 5, ipAllowlist: enforced() }, unlimited)).toEqual([]);
  });
});
