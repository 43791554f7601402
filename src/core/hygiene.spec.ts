import { describe, expect, it } from '@jest/globals';
import { policyUnlessSet, type AccountPolicy } from './account-policy.js';
import { findingKinds, findingsOf, type Finding, type KeyInUse } from './hygiene.js';

const day = 86_400_000;
const now = 1_700_000_000_000;
const policy: AccountPolicy = { ...policyUnlessSet, quietSeconds: 3600 };

/** Nothing about it wants attention. */
const fine: KeyInUse = {
  createdAt: now - 100 * day,
  expiresAt: now + 31 * day,
  scopes: ['contacts.read'],
  isLimitedToAddresses: true,
  secret: { createdAt: now - 100 * day },
  lastUsedAt: now - day,
  scopeUse: { since: 0, lastUsedAt: new Map([['contacts.read', now - day]]) },
  rotation: null,
};
const kindsOf = (key: Partial<KeyInUse>) =>
  findingsOf({ ...fine, ...key }, policy, now).map(({ kind }) => kind);

const quiet = {
  startedAt: now - day,
  retiringLastUsedAt: now - 3600_000,
  replacingCallsAllowed: 1,
};
const scopeUse = (since: number, lastUsedAt: [string, number][]) => ({
  scopeUse: { since, lastUsedAt: new Map(lastUsedAt) },
});
const two = ['contacts.read', 'contacts.write'];

/** What is found, and what is not quite. */
// prettier-ignore
const cases: readonly [key: Partial<KeyInUse>, finding: Finding, notYet: Partial<KeyInUse>][] = [
  [{ lastUsedAt: null }, { kind: 'never_used', since: fine.createdAt, dueAt: null, scopes: [] }, { lastUsedAt: now }],
  [{ lastUsedAt: now - 90 * day, scopes: [] }, { kind: 'unused', since: now - 90 * day, dueAt: null, scopes: [] },
    { lastUsedAt: now - 90 * day + 1, scopes: [] }],
  [{ secret: { createdAt: now - 180 * day } }, { kind: 'secret_over_age', since: now, dueAt: null, scopes: [] },
    { secret: { createdAt: now - 166 * day + 1 } }],
  [{ secret: { createdAt: now - 180 * day + 1 } }, { kind: 'secret_soon_over_age', since: now - 14 * day + 1, dueAt: now + 1, scopes: [] },
    { secret: { createdAt: now - 166 * day + 1 } }],
  [{ expiresAt: null }, { kind: 'no_expiry', since: fine.createdAt, dueAt: null, scopes: [] }, { expiresAt: now + 400 * day }],
  [{ expiresAt: now + 30 * day }, { kind: 'expires_soon', since: now, dueAt: now + 30 * day, scopes: [] },
    { expiresAt: now + 30 * day + 1 }],
  [{ expiresAt: now + day, createdAt: now - day }, { kind: 'expires_soon', since: now - day, dueAt: now + day, scopes: [] },
    { expiresAt: now + 30 * day + 1 }],
  [{ scopes: two }, { kind: 'unused_scopes', since: fine.createdAt, dueAt: null, scopes: ['contacts.write'] },
    { scopes: two, ...scopeUse(0, [['contacts.read', now], ['contacts.write', now - 90 * day + 1]]) }],
  [{ scopes: two, ...scopeUse(0, [['contacts.write', now - 91 * day]]) },
    { kind: 'unused_scopes', since: fine.createdAt, dueAt: null, scopes: two }, { scopes: [] }],
  [scopeUse(now - 90 * day, []), { kind: 'unused_scopes', since: now - 90 * day, dueAt: null, scopes: ['contacts.read'] },
    scopeUse(now - 90 * day + 1, [])],
  [{ isLimitedToAddresses: false }, { kind: 'no_ip_allowlist', since: fine.createdAt, dueAt: null, scopes: [] }, {}],
  [{ rotation: quiet }, { kind: 'rotation_safe_to_finish', since: now, dueAt: null, scopes: [] },
    { rotation: { ...quiet, retiringLastUsedAt: now - 3599_999 } }],
];

describe('the hygiene of a key', () => {
  it('finds nothing in one about which all is well', () => {
    expect(findingsOf(fine, policy, now)).toEqual([]);
  });

  it.each(cases)('%j: %j', (key, finding, notYet) => {
    expect(findingsOf({ ...fine, ...key }, policy, now)).toEqual([finding]);
    expect(kindsOf(notYet)).toEqual([]);
  });

  it('has a case for each kind', () => {
    const tried = new Set(cases.map(([, { kind }]) => kind));
    expect([...tried].sort()).toEqual([...findingKinds].sort());
  });

  it('finds several things at once, in one order', () => {
    const key = { expiresAt: null, isLimitedToAddresses: false, lastUsedAt: null, rotation: quiet };
    expect(kindsOf(key)).toEqual([
      ...['never_used', 'no_expiry', 'no_ip_allowlist', 'rotation_safe_to_finish'],
    ]);
  });

  it('says of a key that was never used nothing about its scopes', () => {
    expect(kindsOf({ lastUsedAt: null, ...scopeUse(0, []) })).toEqual(['never_used']);
  });

  it('counts on it that a scope was used that is not told apart from others', () => {
    const others = scopeUse(0, [['*', now - day]]);
    expect(kindsOf({ scopes: two, ...others })).toEqual([]);
    expect(kindsOf({ scopes: two, ...scopeUse(0, [['*', now - 90 * day]]) })).toEqual([
      'unused_scopes',
    ]);
  });

  it('warns of a secret’s age from its making on, where it is to live for less than 14 days', () => {
    const strict = { ...policy, secretAgeDaysMax: 7 };
    const secret = { createdAt: now - day };
    expect(findingsOf({ ...fine, secret }, strict, now)).toEqual([
      { kind: 'secret_soon_over_age', since: now - day, dueAt: now + 6 * day, scopes: [] },
    ]);
  });

  it('says nothing of a rotation whose new secret nobody uses', () => {
    expect(kindsOf({ rotation: { ...quiet, replacingCallsAllowed: 0 } })).toEqual([]);
  });
});
