import { beforeEach, describe, expect, it } from '@jest/globals';
import { policyUnlessSet } from '../../src/core/account-policy.js';
import { CompiledAllowlist, noAllowlist } from '../../src/core/ip-allowlist.js';
import type { HeldBinding, HeldCredential, HeldKey } from '../../src/core/ports.js';
import { RememberedCredentials } from '../../src/store/remembered-credentials.js';

const anywhere = new CompiledAllowlist(noAllowlist);

/** A secret `sec_<name>` of a key `key_<name>`, every part of it made anew. */
function credentialOf(name: string, accountId: string, key: Partial<HeldKey> = {}): HeldCredential {
  return {
    ...{ id: `sec_${name}`, start: 'lk_prod_4fGh', createdAt: 1, endsAt: null, revokedAt: null },
    ...{ over: false, retiresAt: null, rotation: null, used: true },
    key: {
      ...{ id: `key_${name}`, name, environment: 'production', standing: 'active' },
      ...{ expiresAt: null, scopes: new Set(['contacts.read']), grantableScopes: new Set() },
      ...{ ipAllowlist: anywhere, rateLimits: null, bindings: new Map() },
      ...key,
    },
    account: {
      ...{ id: accountId, name: 'Portal', isOperator: false, suspended: false, allowHapikey: true },
      ...{ entitledScopes: null, ipAllowlist: anywhere, policy: policyUnlessSet },
      ...{ rateLimits: null, timeZone: 'UTC' },
    },
  };
}

describe('remembered credentials', () => {
  let remembered: RememberedCredentials;

  beforeEach(() => {
    remembered = new RememberedCredentials(3);
  });

  const set = (name: string, accountId: string, key?: Partial<HeldKey>) =>
    remembered.set(`print ${name}`, credentialOf(name, accountId, key));
  const known = () => ['a', 'b', 'c', 'd'].filter((name) => remembered.get(`print ${name}`));

  it('are what was given, and the same one each time', () => {
    const bindings = new Map<string, HeldBinding>([
      ['svc_1', { upstream: null, credential: null }],
    ]);
    const key = { bindings, grantableScopes: new Set(['contacts.write']) };
    const held = set('a', 'acc_1', key);
    expect(held).toEqual(credentialOf('a', 'acc_1', key));
    expect(remembered.get('print a')).toBe(held);
    expect(remembered.get('print b')).toBeUndefined();
  });

  it('share what is the same for the keys of an account', () => {
    const [a, b] = [set('a', 'acc_1'), set('b', 'acc_1')];
    expect(b.account).toBe(a.account);
    expect(b.key.bindings).toBe(a.key.bindings);
    expect(b.key.scopes).toBe(a.key.scopes);
    expect(b.key.id).toBe('key_b');
  });

  it('share nothing that differs', () => {
    const a = set('a', 'acc_1', { scopes: new Set(['contacts.read', 'contacts.write']) });
    const b = set('b', 'acc_1', { environment: 'staging', scopes: new Set(['contacts.write']) });
    const c = set('c', 'acc_2');
    expect([b.key.bindings === a.key.bindings, c.account === a.account]).toEqual([false, false]);
    expect(a.key.scopes).toEqual(new Set(['contacts.read', 'contacts.write']));
    expect(b.key.scopes).toEqual(new Set(['contacts.write']));
    expect(c.account.id).toBe('acc_2');
  });

  it('are forgotten by their secret, their key, or their account', () => {
    set('a', 'acc_1');
    set('b', 'acc_1');
    set('c', 'acc_2');
    remembered.forget('sec_a');
    expect(known()).toEqual(['b', 'c']);
    remembered.forget('key_c');
    expect(known()).toEqual(['b']);
    set('a', 'acc_1');
    remembered.forget('acc_1');
    expect(known()).toEqual([]);
    remembered.forget('acc_1');
  });

  it('are forgotten with both secrets of a key', () => {
    set('a', 'acc_1');
    const second = credentialOf('b', 'acc_1');
    remembered.set('print b', { ...second, key: { ...second.key, id: 'key_a' } });
    remembered.forget('key_a');
    expect(known()).toEqual([]);
  });

  it('share an account as it is now, once a change of it was told', () => {
    set('a', 'acc_1');
    remembered.forget('acc_1');
    const later = credentialOf('b', 'acc_1');
    const held = remembered.set('print b', {
      ...later,
      account: { ...later.account, suspended: true },
    });
    expect(held.account.suspended).toBe(true);
    expect(set('c', 'acc_1').account).toBe(held.account);
  });

  it('go out by use where there are too many, and take what only they had along', () => {
    const first = set('a', 'acc_1');
    set('b', 'acc_2');
    set('c', 'acc_2');
    remembered.get('print b');
    set('d', 'acc_2');
    expect(known()).toEqual(['b', 'c', 'd']);
    remembered.forget('acc_1');
    const again = set('a', 'acc_1');
    expect(again.account).not.toBe(first.account);
  });

  it('are replaced by what is said later', () => {
    set('a', 'acc_1');
    const later = credentialOf('a', 'acc_1');
    remembered.set('print a', { ...later, used: false });
    expect(remembered.get('print a')?.used).toBe(false);
    remembered.forget('acc_1');
    expect(known()).toEqual([]);
  });

  it('are all forgotten at once', () => {
    const before = set('a', 'acc_1');
    set('b', 'acc_2');
    remembered.clear();
    expect(known()).toEqual([]);
    expect(set('a', 'acc_1').account).not.toBe(before.account);
  });
});
