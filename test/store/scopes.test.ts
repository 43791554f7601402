import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { managementScopes } from '../../src/core/management-scopes.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const contacts = {
  ...{ name: 'contacts.read', description: 'Reads 🗝️ contacts', sensitive: true },
  dataCategories: ['names', 'адреса'],
};

describeOnEachDatabase('the scopes store', (kind) => {
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

  it('puts a scope, and puts it again with other words: all of it, and no other', async () => {
    await store.addScopes('other');
    await store.database.change((change) => store.scopes.put(change, { ...contacts }));
    expect({ ...(await store.scopes.find('contacts.read')) }).toEqual(contacts);
    const before = await wholeDatabase(store);
    const plain = { ...contacts, description: '', sensitive: false, dataCategories: [] };
    await store.database.change((change) => store.scopes.put(change, plain));
    expect({ ...(await store.scopes.find('contacts.read')) }).toEqual(plain);
    const now = await wholeDatabase(store);
    const others = (tables: typeof now) => ({
      ...{ ...tables, access_revision: [] },
      scope: tables['scope']?.filter(({ name }) => name !== 'contacts.read'),
    });
    expect(others(now)).toEqual(others(before));
    expect(await store.scopes.find('contacts.READ')).toBeNull();
  });

  it('lists by name, byte by byte, on whatever database', async () => {
    const names = ['B', 'a', 'Z.1', 'a-b', 'a.b', 'a:b', 'a_b', 'ab', 'aB'];
    await store.addScopes(...names.map((name) => `sorted/${name}`));
    const seen: string[] = [];
    for (let after: string | null = 'sorted/'; ;) {
      const page: string[] = (await store.scopes.list(2, after)).map(({ name }) => name);
      seen.push(...page.filter((name) => name.startsWith('sorted/')));
      if (page.length < 2) break;
      after = page[1] ?? null;
    }
    expect(seen).toEqual(names.map((name) => `sorted/${name}`).sort());
    expect((await store.scopes.list(1, null))[0]?.name).toBe('contacts.read');
  });

  it('adds what is missing, leaves what somebody wrote, and takes a name twice for once', async () => {
    await store.database.change((change) => store.scopes.put(change, { ...contacts }));
    const wanted = ['contacts.read', 'fresh', 'fresh', '__proto__'].map((name, i) => ({
      name,
      description: `said ${i}`,
    }));
    const added = await store.database.change((change) => store.scopes.addMissing(change, wanted));
    expect(added).toEqual(['fresh', '__proto__']);
    expect({ ...(await store.scopes.find('contacts.read')) }).toEqual(contacts);
    expect(await store.scopes.find('fresh')).toMatchObject({
      ...{ description: 'said 1', sensitive: false, dataCategories: [] },
    });
    expect(
      await store.database.change((change) => store.scopes.addMissing(change, wanted)),
    ).toEqual([]);
  });

  it('tells those that are not in the catalogue, be they thousands', async () => {
    const many = Array.from({ length: 2_500 }, (_, i) => `many.${i}`);
    await store.addScopes(...many);
    const asked = ['no.such', ...many, 'neither'];
    const unknown = await store.database.change((change) => store.scopes.unknownOf(change, asked));
    expect(unknown).toEqual(['no.such', 'neither']);
    expect(await store.database.change((change) => store.scopes.unknownOf(change, []))).toEqual([]);
  });

  it('counts who still needs a scope, and lets it go when nobody does', async () => {
    await store.addScopes('needed', 'needed.too');
    const account = await store.openAccount();
    const key = await store.issueKey(account.id, {
      ...{ scopes: ['needed', 'needed.too'], grantableScopes: ['needed'] },
    });
    const uses = (name: string) =>
      store.database.change((change) => store.scopes.usesOf(change, name));
    const service = await store.database.change(async (change) => {
      const made = await store.services.put(change, 'crm', {
        ...{ upstream: 'http://127.0.0.1:9', mount: '/crm', open: true, stripMount: true },
        timeoutMs: 1000,
      });
      const plain = { method: 'GET', public: false } as const;
      await store.services.replaceRoutes(change, made.id, [
        { ...plain, path: '/a', scopeSets: [['x'], ['y', 'needed']] },
        { ...plain, path: '/b', scopeSets: [['needed.too']] },
      ]);
      return made;
    });
    expect(await uses('needed')).toEqual({ grants: 2, routes: 1 });
    expect(await uses('nobodys')).toEqual({ grants: 0, routes: 0 });
    const remove = () => store.database.change((change) => store.scopes.remove(change, 'needed'));
    await expect(remove()).rejects.toThrow(/foreign key/i);
    await store.database.change(async (change) => {
      await store.keys.change(change, key.id, { scopes: ['needed.too'], grantableScopes: [] });
      await store.services.replaceRoutes(change, service.id, []);
    });
    expect(await uses('needed')).toEqual({ grants: 0, routes: 0 });
    await remove();
    expect(await store.scopes.find('needed')).toBeNull();
    expect(await store.scopes.find('needed.too')).not.toBeNull();
  });

  it("brings Latchkey's own scopes up to this version, once", async () => {
    expect(await store.scopes.managementScopesAreCurrent()).toBe(false);
    const seed = () => store.database.change((change) => store.scopes.seedManagementScopes(change));
    await seed();
    expect(await store.scopes.managementScopesAreCurrent()).toBe(true);
    const { name, description } = managementScopes[0] ?? { name: '', description: '' };
    expect(await store.scopes.find(name)).toMatchObject({ description });
    await store.database.change((change) =>
      store.scopes.put(change, { ...contacts, name, description: 'outdated' }),
    );
    expect(await store.scopes.managementScopesAreCurrent()).toBe(false);
    await seed();
    expect(await store.scopes.find(name)).toMatchObject({ description });
  });
});
