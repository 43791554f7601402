import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiKeyChanges, ApiKeyFilter } from '../../src/store/api-keys.store.js';
import { GrantEntity } from '../../src/store/entities/grant.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  type TestDatabase,
  newKey,
  openStore,
  wholeDatabase,
  type TestStore,
} from '../support/store.js';

const scopes = ['contacts.read', 'contacts.write', 'orders.read'];
const allowlist = { mode: 'enforce' as const, entries: [{ cidr: '10.0.0.0/8', note: '🏢' }] };

describeOnEachDatabase('the API keys store', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let accountId: string;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    await store.addScopes(...scopes);
    accountId = (await store.openAccount()).id;
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  const everything = {
    ...{ name: '🗝️ Vendor', description: 'what', purpose: 'why', environment: 'qa' as const },
    ...{ scopes: ['orders.read', 'contacts.read'], grantableScopes: ['contacts.write'] },
    ...{ ipAllowlist: allowlist, expiresAt: 4_102_444_800_000, createdBy: 'key_maker' },
    ...{ recipient: 'whom', contactEmail: 'owner@example.com' },
    rateLimits: { rolling: { requests: 100, windowSeconds: 10 }, daily: null },
  };

  it('makes a key with all that was asked for', async () => {
    const { id, secret } = await store.issueKey(accountId, everything);
    const record = await store.keys.find(accountId, id);
    const { scopes: _scopes, grantableScopes: _grantable, ...columns } = everything;
    expect({ ...record?.key }).toEqual({
      ...columns,
      ...{ id, accountId, standing: 'active' },
      ...{ createdAt: record?.key.createdAt, revision: record?.key.revision },
    });
    expect(id).toMatch(/^key_[0-9A-Za-z]{20}$/);
    expect(record).toMatchObject({
      scopes: ['contacts.read', 'orders.read'],
      grantableScopes: ['contacts.write'],
      secrets: [{ id: secret.id }],
      openRotation: null,
    });
  });

  it("finds a key in its own account only: not in another, nor another account's", async () => {
    const { id } = await store.issueKey(accountId);
    const other = await store.openAccount();
    expect(await store.keys.find(other.id, id)).toBeNull();
    expect(await store.keys.find(accountId, 'key_none')).toBeNull();
  });

  it('refuses a scope that is not in the catalogue', async () => {
    const before = await wholeDatabase(store);
    await expect(store.issueKey(accountId, { scopes: ['no.such'] })).rejects.toThrow(
      /foreign key/i,
    );
    expect(await wholeDatabase(store)).toEqual(before);
  });

  it('keeps thousands of scopes of one key', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => `many.${String(i).padStart(4, '0')}`);
    await store.addScopes(...many);
    const { id } = await store.issueKey(accountId, { scopes: many });
    expect((await store.keys.find(accountId, id))?.scopes).toEqual(many);
  });

  const changes: [string, ApiKeyChanges][] = [
    ['the name', { name: 'renamed' }],
    ['the description, to nothing', { description: null }],
    ['the purpose', { purpose: '𝔭urpose' }],
    ['the recipient', { recipient: '収取人' }],
    ['the standing', { standing: 'suspended' }],
    ['the expiry', { expiresAt: Number.MAX_SAFE_INTEGER }],
    ['the expiry, to never', { expiresAt: null }],
    ['the allowlist', { ipAllowlist: { mode: 'off', entries: [] } }],
    ['the scopes', { scopes: ['contacts.write'] }],
    ['the scopes, to none', { scopes: [] }],
    ['the grantable scopes', { grantableScopes: ['orders.read'] }],
    ['scopes and name', { scopes: ['contacts.write'], name: 'both' }],
    ['nothing', {}],
    ['what is undefined, which is nothing', { name: undefined, scopes: undefined } as object],
  ];
  it.each(changes)(
    '#69 changes %s of one key, and no other row or column',
    async (_what, named) => {
      const { id } = await store.issueKey(accountId, everything);
      await store.issueKey(accountId, everything);
      const [before, was] = [await wholeDatabase(store), await store.keys.find(accountId, id)];
      const revision = await store.database.change(async (change) => {
        await store.keys.change(change, id, named);
        return change.revision;
      });
      const given = Object.fromEntries(
        Object.entries(named).filter(([, value]) => value !== undefined),
      );
      const {
        scopes: use = was?.scopes,
        grantableScopes = was?.grantableScopes,
        ...columns
      } = given;
      expect(await store.keys.find(accountId, id)).toEqual({
        ...was,
        key: { ...was?.key, ...columns, revision },
        ...{ scopes: use, grantableScopes },
      });
      const now = await wholeDatabase(store);
      const others = (tables: typeof now) => ({
        ...tables,
        ...{ access_change: [], access_revision: [] },
        api_key: tables['api_key']?.filter((row) => row['id'] !== id),
        api_key_grant: tables['api_key_grant']?.filter((row) => row['key_id'] !== id),
      });
      expect(others(now)).toEqual(others(before));
      const grantsOf = (tables: typeof now, power: string) =>
        tables['api_key_grant']?.filter((row) => row['key_id'] === id && row['power'] === power);
      if (!('scopes' in given)) expect(grantsOf(now, 'use')).toEqual(grantsOf(before, 'use'));
      if (!('grantableScopes' in given))
        expect(grantsOf(now, 'hand_out')).toEqual(grantsOf(before, 'hand_out'));
    },
  );

  it('sees inside a change what that change has written', async () => {
    const { id } = await store.issueKey(accountId);
    await store.database.change(async (change) => {
      await store.keys.change(change, id, { name: 'inside' });
      expect((await store.keys.find(accountId, id, change.manager))?.key.name).toBe('inside');
      expect((await store.keys.find(accountId, id))?.key.name).toBe(newKey.name);
    });
  });

  describe('the list', () => {
    const now = 2_000_000_000_000;
    let listed: string;

    beforeAll(async () => {
      listed = (await store.openAccount()).id;
      const make = (name: string, settings: object, standing?: 'suspended' | 'revoked') =>
        store.database.change(async (change) => {
          const id = await store.keys.create(change, {
            ...{ ...newKey, accountId: listed, name },
            ...settings,
          });
          if (standing !== undefined) await store.keys.change(change, id, { standing });
        });
      await make('plain', { scopes: ['contacts.read'] });
      await make('ends later', { expiresAt: now + 1, environment: 'qa' });
      await make('ended now', { expiresAt: now, scopes: ['orders.read'] });
      await make('ended', { expiresAt: now - 1 });
      await make('suspended', { purpose: 'Ünïcode Straße' }, 'suspended');
      await make('suspended, ended', { expiresAt: now - 1 }, 'suspended');
      await make('revoked', { environment: 'staging', recipient: 'Weiß & Söhne' }, 'revoked');
      await make('revoked, ended', { expiresAt: now - 1 }, 'revoked');
      await make('hands out', { grantableScopes: ['contacts.read'], description: '100%_\\ Sure' });
      await store.issueKey(accountId, { name: 'plain', scopes: ['contacts.read'] });
    });

    const filters: [ApiKeyFilter, string[]][] = [
      [{ state: 'active' }, ['plain', 'ends later', 'hands out']],
      [{ state: 'suspended' }, ['suspended']],
      [{ state: 'expired' }, ['ended now', 'ended', 'suspended, ended']],
      [{ state: 'revoked' }, ['revoked', 'revoked, ended']],
      [{ state: 'live' }, ['plain', 'ends later', 'suspended', 'hands out']],
      [{ environment: 'qa' }, ['ends later']],
      [{ environment: 'development' }, []],
      [{ scope: 'contacts.read' }, ['plain']],
      [{ scope: 'no.such' }, []],
      [{ q: 'PLAIN' }, ['plain']],
      [{ q: 'sure' }, ['hands out']],
      [{ q: '100%_\\' }, ['hands out']],
      [{ q: '%' }, ['hands out']],
      [{ q: '_' }, ['hands out']],
      [{ q: 'söhne' }, ['revoked']],
      [{ q: '\\' }, ['hands out']],
      [{ q: 'ÜnÏcode' }, []],
      [{ q: 'Ünïcode' }, ['suspended']],
      [{ q: 'ÜNïCODE sTRAßE' }, ['suspended']],
      [{ q: "' OR 1=1 --" }, []],
      [{ state: 'active', scope: 'contacts.read', q: 'pl', environment: 'production' }, ['plain']],
      [{ state: 'revoked', environment: 'qa' }, []],
    ];
    it.each(filters)('keeps to %j', async (filter, names) => {
      const found = await store.keys.list(listed, filter, now, 100, null);
      expect(found.map(({ key }) => key.name)).toEqual(names);
    });

    it('reads on page by page, whatever the filter, with what belongs to each key', async () => {
      const all = await store.keys.list(listed, {}, now, 100, null);
      expect(all).toHaveLength(9);
      const paged = [];
      for (let after = null as { createdAt: number; id: string } | null; ;) {
        const page = await store.keys.list(listed, {}, now, 2, after);
        paged.push(...page);
        if (page.length < 2) break;
        after = page[1]?.key ?? null;
      }
      expect(paged).toEqual(all);
      expect(all[0]).toMatchObject({ scopes: ['contacts.read'], grantableScopes: [], secrets: [] });
      const active = await store.keys.list(
        listed,
        { state: 'active' },
        now,
        2,
        all[0]?.key ?? null,
      );
      expect(active.map(({ key }) => key.name)).toEqual(['ends later', 'hands out']);
    });
  });

  it('leaves no grant behind that nobody holds', async () => {
    const keys = (await wholeDatabase(store))['api_key']?.map((row) => row['id']) ?? [];
    const grants = await store.database.read.find(GrantEntity);
    expect(grants.filter((grant) => !keys.includes(grant.keyId))).toEqual([]);
  });
});
