import { describe, expect, it } from '@jest/globals';
import { scopesBeyond } from './delegation.js';
import { isOperatorOnlyScope, managementScopes } from './management-scopes.js';
import {
  changesOwnKeysOnly,
  giverOf,
  reachesEveryAccount,
  roles,
  scopesOfRole,
  scopesToGiveRole,
} from './roles.js';

const customer = { isOperator: false, entitledScopes: ['contacts.read'] };
const everything = { isOperator: false, entitledScopes: null };
const operator = { isOperator: true, entitledScopes: null };
const catalogue = ['contacts.read', 'orders.read'];
const names = managementScopes.map(({ name }) => name);

describe('what a role may do', () => {
  it('admin: everything of its account; in the operator’s everything', () => {
    const ofAccounts = names.filter((name) => !isOperatorOnlyScope(name));
    expect([...scopesOfRole('admin', customer)]).toEqual(ofAccounts);
    expect([...scopesOfRole('admin', operator)]).toEqual(names);
  });

  it('auditor: reads everything, and nothing else, wherever', () => {
    for (const account of [customer, operator])
      expect([...scopesOfRole('auditor', account)]).toEqual(
        names.filter((name) => name.endsWith('.read')),
      );
  });

  it('developer: keys, and no members, settings or trail', () => {
    for (const account of [customer, operator]) {
      const scopes = [...scopesOfRole('developer', account)];
      expect(scopes.filter((name) => name.endsWith('.write'))).toEqual(['latchkey.keys.write']);
      expect(scopes.filter((name) => /members|audit/.test(name))).toEqual([]);
    }
  });

  it('only in the operator’s account does anybody reach others, and there no developer', () => {
    const reach = (account: typeof customer | typeof operator) =>
      roles.filter((role) => reachesEveryAccount(role, account));
    expect([reach(customer), reach(operator)]).toEqual([[], ['admin', 'auditor']]);
    expect(roles.filter(changesOwnKeysOnly)).toEqual(['developer']);
  });
});

describe('#31 what a member may hand out', () => {
  it.each<[what: string, role: 'admin' | 'developer' | 'auditor', wanted: string[], beyond: string[]]>([
    ['an admin what the account is entitled to', 'admin', ['contacts.read', 'orders.read'], ['orders.read']],
    ['an admin the management scopes of its role', 'admin', ['latchkey.keys.write', 'latchkey.members.write'], []],
    ['an admin nothing of the operator’s', 'admin', ['latchkey.accounts.write'], ['latchkey.accounts.write']],
    ['a developer what the account is entitled to', 'developer', ['contacts.read', 'orders.read'], ['orders.read']],
    ['a developer no key that changes keys of others', 'developer', ['latchkey.keys.write', 'latchkey.self.rotate'], ['latchkey.keys.write']],
    ['a developer no more than its role', 'developer', ['latchkey.audit.read', 'latchkey.keys.read'], ['latchkey.audit.read']],
    ['an auditor nothing', 'auditor', ['contacts.read', 'latchkey.keys.read'], ['contacts.read', 'latchkey.keys.read']],
  ])('%s', (_what, role, wanted, beyond) => {
    expect(scopesBeyond(giverOf(role, customer), wanted, customer)).toEqual(beyond);
  }); // prettier-ignore

  it('the operator everything, and nobody else of that account', () => {
    const wanted = [...names, ...catalogue];
    expect(scopesBeyond(giverOf('admin', operator), wanted, operator)).toEqual([]);
    expect(scopesBeyond(giverOf('developer', operator), wanted, operator).length).toBeGreaterThan(
      5,
    );
  });

  it('without an entitlement of its own an account may hand out the whole catalogue', () => {
    expect(scopesBeyond(giverOf('developer', everything), catalogue, everything)).toEqual([]);
  });
});

describe('#31 who may give a role', () => {
  it('an admin gives every role', () => {
    for (const account of [customer, everything, operator])
      for (const role of roles) {
        const wanted = scopesToGiveRole(role, account, catalogue);
        expect(scopesBeyond(giverOf('admin', account), wanted, account)).toEqual([]);
      }
  });

  it.each(roles)('a key needs all that %s may do and hand out', (role) => {
    const wanted = scopesToGiveRole(role, everything, catalogue);
    for (const missing of wanted) {
      const held = new Set(wanted.filter((name) => name !== missing));
      const giver = { ...giverOf('admin', everything), grantableScopes: held };
      expect(scopesBeyond(giver, wanted, everything)).toEqual([missing]);
    }
    expect(wanted.includes('orders.read')).toBe(role !== 'auditor');
  });
});
