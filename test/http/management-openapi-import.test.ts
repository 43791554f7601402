import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Answer, Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';

let latchkey: Management;
let count = 0;
/** A service of each test's own, so that what one imports is not in another's way. */
let service: string;

beforeAll(async () => {
  latchkey = await startManagement();
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  count += 1;
  service = `/v1/services/imported${count}`;
  const settings = { upstream: 'http://127.0.0.1:1', mount: `/imported${count}` };
  await latchkey.manage('PUT', service, settings);
});

const send = (body: string | undefined, query = '', type = 'application/json'): Promise<Answer> =>
  latchkey.ask('PUT', `${service}/openapi${query}`, {
    secret: latchkey.operatorKey,
    headers: { 'content-type': type },
    body,
  });

const importDocument = async (document: object, query = ''): Promise<Json> => {
  const answer = await send(JSON.stringify(document), query);
  expect([answer.status, answer.json.reason]).toEqual([200, undefined]);
  return answer.json;
};

const scheme = (...scopes: string[]) => ({
  securitySchemes: {
    oauth: {
      type: 'oauth2',
      flows: {
        clientCredentials: {
          tokenUrl: 'https://x.example',
          scopes: Object.fromEntries(scopes.map((name) => [name, `May ${name}`])),
        },
      },
    },
  },
});

const secured = (...scopes: string[]) => ({ security: [{ oauth: scopes }], responses: {} });
const prefix = (): string => `i${count}.`;
const prefixed = (query = ''): string => `?scopePrefix=${prefix()}${query}`;

const contacts = () => ({
  openapi: '3.1.0',
  components: scheme('contacts.read', 'contacts.write', 'unused'),
  paths: {
    '/contacts': {
      get: secured('contacts.read'),
      post: secured('contacts.read', 'contacts.write'),
    },
    '/status': { get: { security: [], responses: {} } },
  },
});

const routesNow = async (): Promise<Json[]> =>
  (await latchkey.manage('GET', `${service}/routes`)).routes;

const auditNow = async (): Promise<Json[]> =>
  (await latchkey.manage('GET', `/v1/accounts/${latchkey.operatorAccountId}/audit-events?limit=5`))
    .results;

describe('PUT /v1/services/{name}/openapi', () => {
  it('200: its operations become the routes, its scopes join the catalogue, one event tells of it', async () => {
    const report = await importDocument(contacts(), prefixed());
    const [read, write] = [`${prefix()}contacts.read`, `${prefix()}contacts.write`];
    const routes = [
      { method: 'GET', path: '/contacts', scopeSets: [[read]], public: false },
      { method: 'POST', path: '/contacts', scopeSets: [[read, write]], public: false },
      { method: 'GET', path: '/status', scopeSets: [], public: false },
    ];
    const scopes = [read, write, `${prefix()}unused`];
    expect(report).toEqual({
      dryRun: false,
      routes,
      scopes,
      newScopes: scopes,
      addedRoutes: ['GET /contacts', 'POST /contacts', 'GET /status'],
      removedRoutes: [],
      changedRoutes: [],
      skipped: [],
      notes: [],
    });
    expect((await routesNow()).map(({ id: _, ...route }) => route)).toEqual(routes);
    expect(await latchkey.manage('GET', `/v1/scopes/${read}`)).toMatchObject({
      description: 'May contacts.read',
    });
    const [event] = await auditNow();
    expect(event).toMatchObject({
      action: 'service.openapi_imported',
      before: { routes: [] },
      after: { routes, newScopes: scopes },
    });
  });

  it('says of each route that asks for no scope any more, dry run or not', async () => {
    await importDocument(contacts(), prefixed());
    const open = structuredClone(contacts()) as Json;
    open.paths['/contacts'].get.security = [];
    const note = 'it asks for no scope any more: every key may call it';
    for (const query of [`${prefixed()}&dryRun=true`, prefixed()]) {
      const { notes, changedRoutes } = await importDocument(open, query);
      expect(changedRoutes).toEqual(['GET /contacts']);
      expect(notes).toEqual([{ operation: 'GET /contacts', note }]);
    }
    expect((await importDocument(open, prefixed())).notes).toEqual([]);
  });

  it('is idempotent: no event, no revision, the same ids', async () => {
    await importDocument(contacts(), prefixed());
    const read = () => latchkey.ask('GET', `${service}/routes`, { secret: latchkey.operatorKey });
    const [before, events] = [await read(), await auditNow()];
    const report = await importDocument(contacts(), prefixed());
    expect(report).toMatchObject({ newScopes: [], addedRoutes: [], changedRoutes: [] });
    const after = await read();
    expect([after.headers.get('etag'), after.json]).toEqual([
      before.headers.get('etag'),
      before.json,
    ]);
    expect(await auditNow()).toEqual(events);
  });

  it('that changes nothing takes no revision', async () => {
    await importDocument(contacts(), prefixed());
    const revision = await nextRevision();
    await importDocument(contacts(), prefixed());
    expect(await nextRevision()).toBe(revision + 1);
  });

  it('tells what comes, goes and changes; what stays keeps its id', async () => {
    await importDocument(contacts(), prefixed());
    const before = await routesNow();
    const next = contacts();
    next.paths['/contacts'].get = secured('contacts.write');
    Reflect.deleteProperty(next.paths, '/status');
    Object.assign(next.paths, { '/orders': { get: secured('orders.read') } });
    expect(await importDocument(next, prefixed())).toMatchObject({
      newScopes: [`${prefix()}orders.read`],
      addedRoutes: ['GET /orders'],
      removedRoutes: ['GET /status'],
      changedRoutes: ['GET /contacts'],
    });
    const after = await routesNow();
    expect(after.map(({ id }) => id).slice(0, 2)).toEqual(before.map(({ id }) => id).slice(0, 2));
  });

  it('scopes alone are a change too, with its event', async () => {
    await importDocument(contacts(), prefixed());
    const next = { ...contacts(), components: scheme('contacts.read', 'contacts.write', 'more') };
    const newScopes = [`${prefix()}more`];
    expect(await importDocument(next, prefixed())).toMatchObject({ newScopes, addedRoutes: [] });
    expect((await auditNow())[0]).toMatchObject({ after: { routes: [], newScopes } });
  });

  it('leaves alone what somebody wrote about a scope', async () => {
    const name = `${prefix()}contacts.read`;
    const own = { description: 'Ours', sensitive: true, dataCategories: ['contact details'] };
    await latchkey.manage('PUT', `/v1/scopes/${name}`, own);
    await importDocument(contacts(), prefixed());
    expect(await latchkey.manage('GET', `/v1/scopes/${name}`)).toEqual({ name, ...own });
  });

  it('dryRun=true says the same and changes nothing', async () => {
    const events = await auditNow();
    const shown = await importDocument(contacts(), prefixed('&dryRun=true'));
    expect(await routesNow()).toEqual([]);
    const read = `/v1/scopes/${prefix()}contacts.read`;
    expect((await latchkey.ask('GET', read, { secret: latchkey.operatorKey })).status).toBe(404);
    expect(await auditNow()).toEqual(events);
    const made = await importDocument(contacts(), prefixed());
    expect(made).toEqual({ ...shown, dryRun: false });
  });

  it('unsecured=public opens what has no security to anybody', async () => {
    const { routes } = await importDocument(contacts(), prefixed('&unsecured=public'));
    expect(routes.map((route: Json) => route.public)).toEqual([false, false, true]);
    expect((await importDocument(contacts(), prefixed())).changedRoutes).toEqual(['GET /status']);
  });

  it.each([
    'application/yaml',
    'application/yaml; charset=utf-8',
    'application/x-yaml',
    'text/yaml',
    'application/vnd.oai.openapi',
    'application/vnd.oai.openapi+json',
    'application/json',
  ])('takes YAML as %s', async (type) => {
    const text = `openapi: 3.0.3\npaths:\n  /a/{id}:\n    get: {security: [{o: [${prefix()}x]}]}\n`;
    const answer = await send(text, '', type);
    expect(answer.json.routes).toMatchObject([{ path: '/a/{id}', scopeSets: [[`${prefix()}x`]] }]);
  });

  it.each(['text/plain', 'application/xml', 'application/openapi+json'])(
    '415: %s',
    async (type) => {
      const answer = await send('openapi: 3.0.3', '', type);
      expect([answer.status, answer.json.reason]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
    },
  );

  it.each<[what: string, text: string | undefined]>([
    ['nothing', undefined],
    ['an empty document', ' '],
    ['what is neither JSON nor YAML', '{"openapi": "3.0.0", "paths": {'],
    ['a list', '[]'],
    ['a text', '"openapi"'],
    ['no version', '{"paths":{}}'],
    ['Swagger 2', '{"swagger":"2.0","paths":{}}'],
    ['OpenAPI 4', '{"openapi":"4.0.0","paths":{}}'],
    ['no paths', '{"openapi":"3.0.0"}'],
    [
      'nesting without an end',
      `{"openapi":"3.0.0","paths":${'{"a":'.repeat(300)}1${'}'.repeat(300)}}`,
    ],
    ['an alias bomb', bomb()],
    ['more operations than there can be', crowd(10_001)],
  ])('400: %s, and nothing is changed', async (_what, text) => {
    await importDocument(contacts(), prefixed());
    const [routes, events] = [await routesNow(), await auditNow()];
    const answer = await send(text, prefixed());
    expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
    expect(answer.json.errors[0].in).toBe('body');
    expect([await routesNow(), await auditNow()]).toEqual([routes, events]);
  });

  it('413: a document of more than 10 MB, and YAML of more than 1 MB', async () => {
    const filler = (bytes: number) => JSON.stringify({ openapi: '3.0.0', x: 'y'.repeat(bytes) });
    for (const [bytes, type, status] of [
      [10 * 1024 * 1024, 'application/json', 413],
      [9 * 1024 * 1024, 'application/json', 400],
      [1024 * 1024, 'application/yaml', 413],
    ] as const) {
      expect((await send(filler(bytes), '', type)).status).toBe(status);
    }
  });

  it.each([
    ['unsecured', '?unsecured=private'],
    ['dryRun', '?dryRun=yes'],
    ['dryRun', '?dryRun=true&dryRun=false'],
    ['scopePrefix', '?scopePrefix='],
    ['scopePrefix', `?scopePrefix=${'x'.repeat(65)}`],
    ['nope', '?nope=1'],
  ])('400 that names the parameter %s: %s', async (field, query) => {
    const answer = await send(JSON.stringify(contacts()), query);
    expect(answer.status).toBe(400);
    expect(answer.json.errors).toMatchObject([{ in: 'query', context: { field } }]);
    expect(await routesNow()).toEqual([]);
  });

  it('reserved scopes never join the catalogue, with or without the prefix’s help', async () => {
    for (const [query, name] of [
      ['', 'latchkey.keys.write'],
      ['?scopePrefix=latchkey.', 'anything'],
      ['?scopePrefix=latch', 'key.anything'],
    ] as const) {
      const paths = { '/a': { get: secured(name) } };
      const report = await importDocument(
        { openapi: '3.0.0', paths, components: scheme(name) },
        query,
      );
      expect(report).toMatchObject({ routes: [], scopes: [], skipped: [{ operation: 'GET /a' }] });
    }
    const { results } = await latchkey.manage('GET', '/v1/scopes?limit=500');
    expect(JSON.stringify(results)).not.toContain('anything');
  });
});

/** The revision that the next change takes, by taking it. */
async function nextRevision(): Promise<number> {
  const path = `/v1/accounts/${latchkey.operatorAccountId}`;
  const body = { name: 'Operator' };
  const answer = await latchkey.ask('PATCH', path, { secret: latchkey.operatorKey, body });
  return Number(answer.headers.get('etag')?.replaceAll('"', ''));
}

function bomb(): string {
  const lines = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 10; i += 1) lines.push(`b${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]`);
  return `openapi: 3.0.0\n${lines.join('\n')}\npaths: {}\n`;
}

function crowd(operations: number): string {
  const paths = Object.fromEntries(
    Array.from({ length: operations }, (_, i) => [`/${i}`, { get: { security: [] } }]),
  );
  return JSON.stringify({ openapi: '3.0.0', paths });
}
