import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AccountChanges } from '../../src/store/accounts.store.js';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  type TestDatabase,
  newAccount,
  openStore,
  wholeDatabase,
  type TestStore,
} from '../support/store.js';

describeOnEachDatabase('the accounts store', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  it('opens an account with what was asked for, and nothing switched on besides', async () => {
    const entitledScopes = Object.freeze(['contacts.read', '🗝️']);
    const made = await store.openAccount({ name: '𝔄 GmbH', kind: 'sandbox', entitledScopes });
    expect({ ...made }).toEqual({
      ...{ id: made.id, name: '𝔄 GmbH', kind: 'sandbox', isOperator: false, suspended: false },
      ...{ allowHapikey: true, entitledScopes: ['contacts.read', '🗝️'] },
      ...{ ipAllowlist: { mode: 'off', entries: [] }, policy: {}, noticeEmails: [] },
      ...{ rateLimits: null, timeZone: 'UTC' },
      ...{ createdAt: made.createdAt, revision: made.revision },
    });
    expect(made.id).toMatch(/^acc_[0-9A-Za-z]{20}$/);
    expect(await store.accounts.find(made.id)).toEqual(made);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await store.accounts.find('acc_none')).toBeNull();
    expect(await store.accounts.find('')).toBeNull();
    expect(await store.accounts.find("' OR 1=1 --")).toBeNull();
  });

  it('knows the one operator, and takes no second', async () => {
    expect(await store.accounts.findOperator()).toBeNull();
    const operator = await store.openAccount({ isOperator: true });
    expect(await store.accounts.findOperator()).toEqual(operator);
    await expect(store.openAccount({ isOperator: true })).rejects.toThrow(/constraint/i);
  });

  const changes: [string, AccountChanges][] = [
    ['the name', { name: '🗝️ renamed' }],
    ['the kind', { kind: 'developer' }],
    ['its standing', { suspended: true }],
    ['the hapikey switch', { allowHapikey: false }],
    ['the entitled scopes', { entitledScopes: ['a', 'b'] }],
    ['the entitled scopes to none', { entitledScopes: [] }],
    ['the entitled scopes to all', { entitledScopes: null }],
    ['the allowlist', { ipAllowlist: { mode: 'report', entries: [{ cidr: '::1', note: '✍' }] } }],
    ['the policy', { policy: { overAge: 'refuse', secretAgeDaysMax: 30 } }],
    ['several things', { name: 'x', allowHapikey: false, entitledScopes: ['a'] }],
    ['nothing', {}],
    [
      'what is undefined, which is nothing',
      { name: undefined, entitledScopes: undefined } as object,
    ],
  ];
  it.each(changes)(
    '#69 changes %s of one account, and no other row or column',
    async (_what, named) => {
      const account = await store.openAccount({ entitledScopes: ['was'] });
      await store.openAccount();
      const before = await wholeDatabase(store);
      const { after, revision } = await store.database.change(async (change) => ({
        after: await store.accounts.change(change, account.id, named),
        revision: change.revision,
      }));
      const given = Object.fromEntries(
        Object.entries(named).filter(([, value]) => value !== undefined),
      );
      expect({ ...after }).toEqual({ ...account, ...given, revision });
      expect(await store.accounts.find(account.id)).toEqual(after);
      const now = await wholeDatabase(store);
      const others = (tables: typeof now) =>
        tables['account']?.filter(({ id }) => id !== account.id);
      expect(others(now)).toEqual(others(before));
      const bookkeeping = { account: [], access_change: [], access_revision: [] };
      expect({ ...now, ...bookkeeping }).toEqual({ ...before, ...bookkeeping });
    },
  );

  it('refuses to change an account that is not there, and leaves no number', async () => {
    const before = await wholeDatabase(store);
    await expect(
      store.database.change((change) => store.accounts.change(change, 'acc_none', { name: 'x' })),
    ).rejects.toThrow(/could not find/i);
    expect(await wholeDatabase(store)).toEqual(before);
  });

  it('lists every account once, oldest first, while others arrive', async () => {
    // Made at one moment, so that only the id tells them apart.
    const names = Array.from({ length: 9 }, (_, i) => `listed ${i}`);
    await store.database.change(async (change) => {
      for (const name of names) await store.accounts.create(change, { ...newAccount, name });
    });
    const known = await store.database.read.find(AccountEntity);
    const seen: AccountEntity[] = [];
    for (let after = null as AccountEntity | null; ;) {
      const page = await store.accounts.list(4, after, 'everybody');
      seen.push(...page);
      if (page.length < 4) break;
      after = page.at(-1) as AccountEntity;
      store.sleep(1);
      if (seen.length < known.length) await store.openAccount({ name: 'arrived meanwhile' });
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    const all = await store.database.read.find(AccountEntity);
    expect(seen.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
    const times = seen.map(({ createdAt }) => createdAt);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
