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
});

afterAll(() => latchkey.remove());

const pathOf = (name: string) => `/v1/scopes/${encodeURIComponent(name)}`;

const asOperator = (method: string, name: string, body?: unknown) =>
  latchkey.ask(method, pathOf(name), { secret: latchkey.operatorKey, body });

describe('PUT /v1/scopes/{name}', () => {
  it('201, then 200 with what it was replaced by', async () => {
    const full = { description: 'Read it', sensitive: true, dataCategories: ['contact details'] };
    const made = await asOperator('PUT', 'contacts.read', full);
    expect([made.status, made.json]).toEqual([201, { name: 'contacts.read', ...full }]);
    const replaced = await asOperator('PUT', 'contacts.read');
    const bare = { description: '', sensitive: false, dataCategories: [] };
    expect([replaced.status, replaced.json]).toEqual([200, { name: 'contacts.read', ...bare }]);
    expect(await latchkey.manage('GET', pathOf('contacts.read'))).toEqual(replaced.json);
  });

  it.each([
    ['one character', 'a'],
    ['128 characters', 'x'.repeat(128)],
    ['128 characters, each of them escaped', '%'.repeat(128)],
    ['a slash', 'files/read'],
    ['a colon, a plus, a question mark', 'droplet:create+all?'],
    ['what looks like an escape', 'a%2Fb'],
    ['a dot', '.hidden'],
    ['what an object inherits', '__proto__'],
    ['nearly the reserved prefix', 'latchkey-admin'],
  ])('201: a name of %s', async (_what, name) => {
    expect((await asOperator('PUT', name, {})).json).toMatchObject({ name });
    expect((await asOperator('GET', name)).json).toMatchObject({ name });
    expect((await asOperator('DELETE', name)).status).toBe(204);
    expect((await asOperator('GET', name)).status).toBe(404);
  });

  it.each([
    ['129 characters', 'x'.repeat(129)],
    ['a space', 'contacts read'],
    ['a quote', 'a"b'],
    ['a backslash', 'a\\b'],
    ['a letter beyond ASCII', 'contacts.lés'],
    ['a delete character', 'a\u007f'],
    ['the reserved prefix', 'latchkey.contacts.read'],
    ['a scope of ours', 'latchkey.keys.write'],
  ])('400: a name of %s', async (_what, name) => {
    const answer = await asOperator('PUT', name, {});
    // What no path may hold is refused before it is a name.
    const isPath = answer.json.reason === 'PATH_INVALID';
    expect([answer.status, isPath]).toEqual([400, /[\\\u007f]/.test(name)]);
    if (!isPath)
      expect(answer.json.errors[0]).toMatchObject({ in: 'path', context: { field: 'name' } });
  });

  it.each<[what: string, body: unknown, fields: string[]]>([
    ['a description of 1,001 characters', { description: 'x'.repeat(1001) }, ['description']],
    ['a null description', { description: null }, ['description']],
    ['sensitive as a number', { sensitive: 1 }, ['sensitive']],
    ['categories as a text', { dataCategories: 'x' }, ['dataCategories']],
    ['a category twice', { dataCategories: ['x', 'x'] }, ['dataCategories']],
    ['a category that is empty', { dataCategories: [''] }, ['dataCategories']],
    ['a category that is a list', { dataCategories: [['x']] }, ['dataCategories']],
    ['51 categories', { dataCategories: Array.from({ length: 51 }, String) }, ['dataCategories']],
    ['#74 a control character in a category', { dataCategories: ['a\nb'] }, ['dataCategories']],
    ['#67 a name', { name: 'other' }, ['name']],
    ['#67 an id', { id: 'x' }, ['id']],
  ])('400: %s', async (_what, body, fields) => {
    await expectInvalid(latchkey, 'PUT', '/v1/scopes/refused', body, fields);
    expect((await asOperator('GET', 'refused')).status).toBe(404);
  });
});

describe('GET /v1/scopes', () => {
  it('pages by name, and shows each once while scopes arrive', async () => {
    await latchkey.addScopes('paged.b', 'paged.d', 'paged.f', 'Paged.A');
    const seen: string[] = [];
    let after = '';
    do {
      const page = await latchkey.manage('GET', `/v1/scopes?limit=3${after}`);
      seen.push(...page.results.map((scope: Json) => scope.name));
      await latchkey.addScopes(`arrived.${seen.length}`, `zz.arrived.${seen.length % 6}`);
      after = page.paging.next === undefined ? '' : `&after=${page.paging.next.after}`;
    } while (after !== '');
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(seen.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(seen).toEqual(expect.arrayContaining(['paged.b', 'paged.d', 'paged.f', 'Paged.A']));
  });
});

describe('DELETE /v1/scopes/{name}', () => {
  it('404 for what is not there', async () => {
    const request = { method: 'DELETE', path: '/v1/scopes/nope', secret: latchkey.operatorKey };
    await expectRefused(latchkey, request, refusals.notFound);
  });

  it.each(['latchkey.keys.read', 'latchkey.nope'])('400 for %s, which is ours', async (name) => {
    await expectInvalid(latchkey, 'DELETE', pathOf(name), undefined, ['name'], 'path');
  });

  it('409 while a key holds it, may hand it out, or a route needs it; 204 after', async () => {
    await latchkey.addScopes('held', 'given', 'needed');
    const account = await latchkey.openAccount();
    const grants = { scopes: ['held'], grantableScopes: ['given'] };
    const key = await latchkey.makeKey(account.id, grants);
    const service = { upstream: 'http://127.0.0.1:1', mount: '/scopes' };
    await latchkey.manage('PUT', '/v1/services/scopes', service);
    const route = { method: 'GET', path: '/a', scopeSets: [['needed']] };
    await latchkey.manage('PUT', '/v1/services/scopes/routes', { routes: [route] });
    const secret = latchkey.operatorKey;
    for (const [name, uses] of [
      ['held', { grants: 1, routes: 0 }],
      ['given', { grants: 1, routes: 0 }],
      ['needed', { grants: 0, routes: 1 }],
    ] as const) {
      const request = { method: 'DELETE', path: pathOf(name), secret };
      const answer = await expectRefused(latchkey, request, refusals.conflict('SCOPE_IN_USE'));
      expect(answer.json.errors[0].context).toEqual(uses);
    }
    const path = `/v1/accounts/${account.id}/keys/${key.id}`;
    await latchkey.manage('PATCH', path, { scopes: [], grantableScopes: [] });
    await latchkey.manage('PUT', '/v1/services/scopes/routes', { routes: [] });
    for (const name of ['held', 'given', 'needed']) {
      expect((await asOperator('DELETE', name)).status).toBe(204);
    }
  });

  it('400 for a body that says something', async () => {
    await latchkey.addScopes('with.body');
    await expectInvalid(latchkey, 'DELETE', pathOf('with.body'), { force: true }, ['force']);
    expect((await asOperator('DELETE', 'with.body', {})).status).toBe(204);
  });
});
