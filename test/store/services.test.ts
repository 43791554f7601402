import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRequestTarget } from '../../src/core/request-path.js';
import type { NewRoute, ServiceSettings } from '../../src/store/services.store.js';
import type { ServiceCatalog } from '../../src/store/service-catalog.js';
import { holdRead } from '../support/held-reads.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const settings: ServiceSettings = {
  ...{ upstream: 'http://127.0.0.1:9/base', mount: '/crm', open: true, stripMount: true },
  timeoutMs: 30_000,
};

const route = (path: string, more: Partial<NewRoute> = {}): NewRoute => ({
  ...{ method: 'GET', path, scopeSets: [['contacts.read']], public: false },
  ...more,
});

describeOnEachDatabase('the services store', (kind) => {
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

  const put = (name: string, changes: Partial<ServiceSettings> = {}) =>
    store.database.change((change) =>
      store.services.put(change, name, { ...settings, mount: `/${name}`, ...changes }),
    );
  const replaceRoutes = (serviceId: string, routes: readonly NewRoute[]) =>
    store.database.change((change) => store.services.replaceRoutes(change, serviceId, routes));

  it('publishes a service with what was asked for', async () => {
    const made = await put('made', { open: false, stripMount: false, timeoutMs: 2_147_483_647 });
    expect({ ...made }).toEqual({
      ...{ ...settings, id: made.id, name: 'made', mount: '/made', open: false },
      ...{ stripMount: false, timeoutMs: 2_147_483_647, credential: null, identityHeaders: null },
      ...{ createdAt: made.createdAt, revision: made.revision },
    });
    expect(made.id).toMatch(/^svc_[0-9A-Za-z]{20}$/);
    expect(await store.services.findByName('made', 'operator')).toEqual(made);
    expect(await store.services.findByName('nothing', 'operator')).toBeNull();
  });

  it('#69 gives a known service new settings: its id, its routes and the others stay', async () => {
    const made = await put('again');
    await replaceRoutes(made.id, [route('/a')]);
    await put('other');
    const before = await wholeDatabase(store);
    const changed = await put('again', { upstream: 'https://elsewhere.test', timeoutMs: 5 });
    expect({ ...changed }).toEqual({
      ...{ ...made, upstream: 'https://elsewhere.test', timeoutMs: 5 },
      revision: made.revision + 3,
    });
    const now = await wholeDatabase(store);
    const others = (tables: typeof now) => ({
      ...tables,
      ...{ access_change: [], access_revision: [] },
      service: tables['service']?.filter(({ id }) => id !== made.id),
    });
    expect(others(now)).toEqual(others(before));
  });

  it('refuses a second service at one mount, and tells whose it is', async () => {
    const first = await put('first', { mount: '/taken' });
    await expect(put('second', { mount: '/taken' })).rejects.toThrow(/constraint/i);
    const other = (name: string) =>
      store.database.change((change) => store.services.findOtherByMount(change, '/taken', name));
    expect(await other('second')).toEqual(first);
    expect(await other('first')).toBeNull();
  });

  it('lists services page by page, oldest first', async () => {
    const all = await store.services.list(100, null, 'operator');
    const [first, second] = [await store.services.list(2, null, 'operator'), all.slice(2, 4)];
    expect([...first, ...(await store.services.list(2, first[1] ?? null, 'operator'))]).toEqual([
      ...[...all.slice(0, 2), ...second],
    ]);
  });

  describe('the routes of a service', () => {
    it('keep their order, and their ids where method and path stay', async () => {
      const { id } = await put('routed');
      await replaceRoutes(id, [route('/z'), route('/a', { method: 'POST' }), route('/m/{id}')]);
      const before = await store.services.routesOf(id);
      expect(before.map(({ path }) => path)).toEqual(['/z', '/a', '/m/{id}']);
      await replaceRoutes(id, [
        route('/new'),
        route('/m/{id}', { scopeSets: [['a', 'b'], []], public: true }),
        route('/a'), // another method: another route
        route('/z'),
      ]);
      const after = await store.services.routesOf(id);
      const idBefore = (path: string) => before.find((known) => known.path === path)?.id;
      expect(
        after.map(({ path, id: routeId }) => [path, before.some((r) => r.id === routeId)]),
      ).toEqual([
        ['/new', false],
        ['/m/{id}', true],
        ['/a', false],
        ['/z', true],
      ]);
      expect(after[1]).toMatchObject({ scopeSets: [['a', 'b'], []], public: true });
      expect([after[1]?.id, after[3]?.id]).toEqual([idBefore('/m/{id}'), idBefore('/z')]);
    });

    it("#69 leave every other service's routes alone, and change the service's number", async () => {
      const [one, other] = [await put('one'), await put('two')];
      await replaceRoutes(other.id, [route('/a'), route('/b')]);
      const before = await store.services.routesOf(other.id);
      await replaceRoutes(one.id, [route('/a')]);
      await replaceRoutes(one.id, []);
      expect(await store.services.routesOf(one.id)).toEqual([]);
      expect(await store.services.routesOf(other.id)).toEqual(before);
      const { revision } = (await store.services.findByName('one', 'operator')) ?? {};
      expect(revision).toBe(one.revision + 4);
    });

    it('10,000 of them are replaced in one change, all or none', async () => {
      const { id } = await put('many');
      const many = Array.from({ length: 10_000 }, (_, i) => route(`/r${i}/{id}`));
      await replaceRoutes(id, many);
      const before = await store.services.routesOf(id);
      expect(before.map(({ path }) => path)).toEqual(many.map(({ path }) => path));
      expect(new Set(before.map((made) => made.id)).size).toBe(many.length);
      const twice = [...many.slice(0, 5000), route('/r0/{id}')];
      await expect(replaceRoutes(id, twice)).rejects.toThrow(/constraint/i);
      expect(await store.services.routesOf(id)).toEqual(before);
      await replaceRoutes(id, many);
      expect((await store.services.routesOf(id)).map((kept) => kept.id)).toEqual(
        before.map((made) => made.id),
      );
      await replaceRoutes(id, []);
    });
  });

  describe('the service catalog', () => {
    let catalog: ServiceCatalog;

    beforeAll(async () => {
      catalog = await store.makeCatalog();
    });

    const leads = (path: string) => {
      const { service, match } = catalog.resolve('GET', readRequestTarget(path).path);
      return service === null ? null : `${service.name} ${match.kind}`;
    };

    it('knows a service and its routes as soon as the change is answered', async () => {
      expect(leads('/shop/a')).toBeNull();
      const { id } = await put('shop');
      expect(leads('/shop/a')).toBe('shop unknown');
      await replaceRoutes(id, [route('/a')]);
      expect(leads('/shop/a')).toBe('shop found');
      await replaceRoutes(id, []);
      expect(leads('/shop/a')).toBe('shop unknown');
      expect(
        (await store.makeCatalog()).resolve('GET', readRequestTarget('/shop').path),
      ).toMatchObject({
        service: { id, name: 'shop', open: true, upstream: new URL(settings.upstream) },
      });
    });

    it.each([1, 2])(
      'never goes back to what an earlier change saw, whose read arrives late (statement %i)',
      async (nth) => {
        const { id } = await put(`late${nth}`);
        const held = holdRead(store.reader, nth);
        const first = replaceRoutes(id, [route('/a')]);
        await held.reached;
        const second = replaceRoutes(id, []);
        // The second cannot be answered before what it changed is in force here.
        const early = await Promise.race([second.then(() => leads(`/late${nth}/a`)), soon()]);
        expect(['waits', `late${nth} unknown`]).toContain(early);
        held.release();
        await Promise.all([first, second]);
        expect(leads(`/late${nth}/a`)).toBe(`late${nth} unknown`);
      },
    );
  });
});

function soon(): Promise<string> {
  return new Promise((resolve) => setTimeout(() => resolve('waits'), 100));
}
