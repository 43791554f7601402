import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

let latchkey: Management;

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read', 'contacts.write');
});

afterAll(() => latchkey.remove());

const settings = { upstream: 'http://127.0.0.1:1', mount: '/crm' };

const put = (name: string, body: unknown) =>
  latchkey.ask('PUT', `/v1/services/${name}`, { secret: latchkey.operatorKey, body });

describe('PUT /v1/services/{name}', () => {
  it('201 with its defaults, then 200 with the same id and creation time', async () => {
    const made = await put('crm', settings);
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      name: 'crm',
      ...settings,
      open: true,
      stripMount: true,
      timeoutMs: 30_000,
    });
    const changes = { ...settings, open: false, stripMount: false, timeoutMs: 100 };
    const changed = await put('crm', changes);
    expect([changed.status, changed.json]).toEqual([200, { ...made.json, ...changes }]);
    expect(await latchkey.manage('GET', '/v1/services/crm')).toEqual(changed.json);
    // What a PUT leaves out is the default again, not what it was.
    expect((await put('crm', settings)).json).toEqual(made.json);
  });

  it.each([
    ['https://crm.example', 'https://crm.example'],
    ['https://crm.example/', 'https://crm.example'],
    ['https://crm.example:8443/api/v2/', 'https://crm.example:8443/api/v2'],
    ['HTTP://CRM.Example:80/A', 'http://crm.example/A'],
    ['http://[::1]:9', 'http://[::1]:9'],
  ])('the upstream %s is kept as %s', async (upstream, kept) => {
    expect((await put('spelled', { upstream, mount: '/spelled' })).json).toMatchObject({
      upstream: kept,
    });
  });

  it.each<[what: string, changes: Json, field: string]>([
    ['no upstream', { upstream: undefined }, 'upstream'],
    ['an upstream that is no URL', { upstream: 'crm' }, 'upstream'],
    ['another scheme', { upstream: 'ftp://crm' }, 'upstream'],
    ['a file', { upstream: 'file:///etc/passwd' }, 'upstream'],
    ['a user name', { upstream: 'http://user@crm' }, 'upstream'],
    ['a password', { upstream: 'http://:pass@crm' }, 'upstream'],
    ['a query', { upstream: 'http://crm/?key=1' }, 'upstream'],
    ['a fragment', { upstream: 'http://crm/#a' }, 'upstream'],
    ['no mount', { mount: undefined }, 'mount'],
    ['a mount without a slash', { mount: 'crm' }, 'mount'],
    ['dot segments', { mount: '/crm/../x' }, 'mount'],
    ['an empty segment', { mount: '/crm//x' }, 'mount'],
    ['an escape', { mount: '/cr%6d' }, 'mount'],
    ['a parameter', { mount: '/crm/{id}' }, 'mount'],
    ['a semicolon', { mount: '/crm;a' }, 'mount'],
    ['a query in the mount', { mount: '/crm?a' }, 'mount'],
    ['our own segment', { mount: '/latchkey' }, 'mount'],
    ['below our own segment', { mount: '/latchkey/crm' }, 'mount'],
    ['a mount of 201 characters', { mount: `/${'x'.repeat(200)}` }, 'mount'],
    ['99 ms', { timeoutMs: 99 }, 'timeoutMs'],
    ['more than ten minutes', { timeoutMs: 600_001 }, 'timeoutMs'],
    ['half a millisecond', { timeoutMs: 100.5 }, 'timeoutMs'],
    ['a timeout as a text', { timeoutMs: '1000' }, 'timeoutMs'],
    ['open as a text', { open: 'yes' }, 'open'],
    ['#67 an id', { id: 'svc_1' }, 'id'],
    ['#67 a name', { name: 'other' }, 'name'],
    ['#67 routes', { routes: [] }, 'routes'],
  ])('400: %s', async (_what, changes, field) => {
    const body = { upstream: 'http://127.0.0.1:1', mount: '/refused', ...changes };
    await expectInvalid(latchkey, 'PUT', '/v1/services/refused', body, [field]);
    const read = await latchkey.ask('GET', '/v1/services/refused', {
      secret: latchkey.operatorKey,
    });
    expect(read.status).toBe(404);
  });

  it.each(['CRM', '-crm', 'crm-', 'a%20b', 'x'.repeat(65), 'a%2Fb', '%C3%A9'])(
    '400: the name %s',
    async (name) => {
      const path = `/v1/services/${name}`;
      await expectInvalid(latchkey, 'PUT', path, settings, ['name'], 'path');
    },
  );

  it('409: a mount that another service has, with or without a final slash', async () => {
    await put('first', { ...settings, mount: '/taken' });
    for (const mount of ['/taken', '/taken/']) {
      await expectRefused(
        latchkey,
        {
          method: 'PUT',
          path: '/v1/services/second',
          secret: latchkey.operatorKey,
          body: { ...settings, mount },
        },
        refusals.conflict('MOUNT_TAKEN'),
      );
    }
  });

  it('a body that says its own mount again is no conflict', async () => {
    await put('same', { ...settings, mount: '/same' });
    expect((await put('same', { ...settings, mount: '/same/' })).status).toBe(200);
  });
});

describe('GET /v1/services', () => {
  it('pages through every service, oldest first', async () => {
    for (const name of ['one', 'two', 'three']) await put(name, { ...settings, mount: `/${name}` });
    const all = await latchkey.manage('GET', '/v1/services');
    const names: string[] = [];
    let after = '';
    do {
      const page = await latchkey.manage('GET', `/v1/services?limit=1${after}`);
      names.push(...page.results.map((service: Json) => service.name));
      after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
    } while (after !== '');
    expect(names).toEqual(all.results.map((service: Json) => service.name));
  });

  it.each([
    ['GET', '/v1/services/nope', undefined],
    ['GET', '/v1/services/nope/routes', undefined],
    ['PUT', '/v1/services/nope/routes', { routes: [] }],
    ['PUT', '/v1/services/nope/openapi', { openapi: '3.0.0', paths: {} }],
  ])('404: %s %s', async (method, path, body) => {
    const secret = latchkey.operatorKey;
    await expectRefused(latchkey, { method, path, secret, body }, refusals.notFound);
  });
});

describe('PUT /v1/services/{name}/routes', () => {
  const path = '/v1/services/routed/routes';
  const route = { method: 'GET', path: '/contacts/{id}', scopeSets: [['contacts.read']] };

  beforeAll(() => put('routed', { ...settings, mount: '/routed' }));

  it('200: replaces them all; a route that stays keeps its id', async () => {
    const other = { method: 'POST', path: '/contacts', scopeSets: [] };
    const first = await latchkey.manage('PUT', path, { routes: [route, other] });
    expect(first.routes).toEqual([
      { ...route, id: expect.stringMatching(/^rte_/), public: false },
      { ...other, id: expect.stringMatching(/^rte_/), public: false },
    ]);
    const changed = {
      ...route,
      scopeSets: [['contacts.write', 'contacts.read'], ['contacts.read']],
    };
    const status = { method: 'GET', path: '/status', scopeSets: [], public: true };
    const second = await latchkey.manage('PUT', path, { routes: [status, changed] });
    expect(second.routes).toEqual([
      { ...status, id: expect.stringMatching(/^rte_/) },
      { ...changed, id: first.routes[0].id, public: false },
    ]);
    expect(await latchkey.manage('GET', path)).toEqual(second);
    expect(await latchkey.manage('PUT', path, { routes: [] })).toEqual({ routes: [] });
  });

  it.each<[what: string, routes: unknown, fields: string[]]>([
    ['no list', undefined, ['routes']],
    ['a list of lists', [[]], ['routes']],
    ['null in it', [null], ['routes']],
    ['texts in it', ['GET /a'], ['routes']],
    ['an object for the list', { 0: route }, ['routes']],
    ['an unknown method', [{ ...route, method: 'FETCH' }], ['routes.0.method']],
    ['HEAD, which is decided as GET', [{ ...route, method: 'HEAD' }], ['routes.0.method']],
    ['a method in lower case', [{ ...route, method: 'get' }], ['routes.0.method']],
    ['no scope sets', [{ method: 'GET', path: '/a' }], ['routes.0.scopeSets']],
    ['null for them', [{ ...route, scopeSets: null }], ['routes.0.scopeSets']],
    ['scopes not in a set', [{ ...route, scopeSets: ['contacts.read'] }], ['routes.0.scopeSets']],
    ['an empty set', [{ ...route, scopeSets: [[]] }], ['routes.0.scopeSets']],
    ['a set in a set', [{ ...route, scopeSets: [[['contacts.read']]] }], ['routes.0.scopeSets']],
    ['#30 a scope twice', [{ ...route, scopeSets: [['a', 'a']] }], ['routes.0.scopeSets']],
    ['#30 an empty scope', [{ ...route, scopeSets: [['']] }], ['routes.0.scopeSets']],
    ['#30 an unknown scope', [{ ...route, scopeSets: [['nope']] }], ['routes']],
    [
      '51 sets',
      [{ ...route, scopeSets: Array.from({ length: 51 }, () => ['a']) }],
      ['routes.0.scopeSets'],
    ],
    ['no path', [{ method: 'GET', scopeSets: [] }], ['routes.0.path']],
    ['a path without a slash', [{ ...route, path: 'a' }], ['routes.0.path']],
    ['an open brace', [{ ...route, path: '/a/{id' }], ['routes.0.path']],
    ['a parameter without a name', [{ ...route, path: '/a/{}' }], ['routes.0.path']],
    ['a parameter twice', [{ ...route, path: '/{a}/{a}' }], ['routes.0.path']],
    ['two parameters in a row', [{ ...route, path: '/{a}{b}' }], ['routes.0.path']],
    ['dot segments', [{ ...route, path: '/a/../b' }], ['routes.0.path']],
    ['an encoded dot segment', [{ ...route, path: '/a/%2e%2e/b' }], ['routes.0.path']],
    ['an empty segment', [{ ...route, path: '/a//b' }], ['routes.0.path']],
    ['a bad escape', [{ ...route, path: '/a/%zz' }], ['routes.0.path']],
    ['a query', [{ ...route, path: '/a?b' }], ['routes.0.path']],
    ['a star that is not last', [{ ...route, path: '/*/a' }], ['routes.0.path']],
    ['a path of 1,025 characters', [{ ...route, path: `/${'x'.repeat(1024)}` }], ['routes.0.path']],
    ['a twin', [route, route], ['routes.1.path']],
    ['a twin in all but a name', [route, { ...route, path: '/contacts/{x}' }], ['routes.1.path']],
    [
      'a twin by an escape',
      [
        { ...route, path: '/a' },
        { ...route, path: '/%61' },
      ],
      ['routes.1.path'],
    ],
    ['public as a text', [{ ...route, public: 'yes' }], ['routes.0.public']],
    ['#67 an id', [{ ...route, id: 'rte_1' }], ['routes.0.id']],
    ['#67 what objects inherit', [{ ...route, toString: 1 }], ['routes.0.toString']],
  ])('400: %s, and nothing is changed', async (_what, routes, fields) => {
    const before = await latchkey.manage('PUT', path, { routes: [{ ...route, path: '/kept' }] });
    await expectInvalid(latchkey, 'PUT', path, { routes }, fields);
    expect(await latchkey.manage('GET', path)).toEqual(before);
  });

  it('names every route that cannot be taken, fifty at most', async () => {
    const bad = { ...route, path: 'a' };
    await expectInvalid(latchkey, 'PUT', path, { routes: [bad, route, bad] }, [
      'routes.0.path',
      'routes.2.path',
    ]);
    const many = Array.from({ length: 60 }, () => bad);
    const fields = Array.from({ length: 50 }, (_, i) => `routes.${i}.path`);
    await expectInvalid(latchkey, 'PUT', path, { routes: many }, fields);
  });

  it('takes 10,000 routes', async () => {
    const routes = Array.from({ length: 10_000 }, (_, i) => ({ ...route, path: `/${i}/{id}` }));
    expect((await latchkey.manage('PUT', path, { routes })).routes).toHaveLength(10_000);
  });
});
