import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import { mainTables } from '../support/main-tables.js';
import { startManagement, type Management } from '../support/management.js';

type Row = Record<string, unknown>;

let latchkey: Management;
/** Two of everything, so that a change that touches too much has something to touch. */
let one: { readonly account: string; readonly key: string };

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('one', 'two', 'three');
  for (const name of ['Two', 'One']) {
    const account = await latchkey.openAccount({ name });
    const grants = { scopes: ['one', 'two'], grantableScopes: ['one'] };
    const key = await latchkey.makeKey(account.id, grants);
    await latchkey.makeKey(account.id, grants);
    one = { account: account.id, key: key.id };
    const service = name.toLowerCase();
    const settings = { upstream: 'http://127.0.0.1:1', mount: `/${service}` };
    await latchkey.manage('PUT', `/v1/services/${service}`, settings);
    const routes = [{ method: 'GET', path: '/a', scopeSets: [['one']] }];
    await latchkey.manage('PUT', `/v1/services/${service}/routes`, { routes });
  }
});

afterAll(() => latchkey.remove());

/** Every change is numbered and told to the audit trail; those rows are not what is looked at here. */
const ofEveryChange = ['access_revision', 'access_change', 'audit_event', 'audit_head'];

/** The rows that are not as they were, or are new, or are gone, by table. */
function changedRows(before: Record<string, unknown[]>, after: Record<string, unknown[]>) {
  const changed: Record<string, Row[]> = {};
  for (const [table, rows] of Object.entries(after)) {
    if (ofEveryChange.includes(table)) continue;
    const texts = (all: readonly unknown[]) => new Set(all.map((row) => JSON.stringify(row)));
    const [old, young] = [texts(before[table] ?? []), texts(rows)];
    const found = [...old, ...young].filter((text) => old.has(text) !== young.has(text));
    if (found.length > 0) changed[table] = found.map((text) => JSON.parse(text));
  }
  return changed;
}

const keyPath = (): string => `/v1/accounts/${one.account}/keys/${one.key}`;
const ofAccount = (row: Row): boolean => row['id'] === one.account;
const ofKey = (row: Row): boolean => (row['key_id'] ?? row['id']) === one.key;
const named = (name: string) => (row: Row) => row['name'] === name;

describe('#69 a change touches exactly its rows', () => {
  it.each<
    [what: string, change: () => [string, string, Json], Record<string, (row: Row) => boolean>]
  >([
    [
      'PATCH of an account',
      () => ['PATCH', `/v1/accounts/${one.account}`, { name: 'x', entitledScopes: ['one'] }],
      { account: ofAccount },
    ],
    [
      'suspending it',
      () => ['POST', `/v1/accounts/${one.account}/suspend`, {}],
      { account: ofAccount },
    ],
    [
      'its allowlist',
      () => ['PUT', `/v1/accounts/${one.account}/ip-allowlist`, { mode: 'report', entries: [] }],
      { account: ofAccount },
    ],
    ['PATCH of a key’s name', () => ['PATCH', keyPath(), { name: 'x' }], { api_key: ofKey }],
    [
      'PATCH of its scopes',
      () => ['PATCH', keyPath(), { scopes: ['three'] }],
      { api_key: ofKey, api_key_grant: (row) => ofKey(row) && row['power'] === 'use' },
    ],
    [
      'its allowlist',
      () => ['PUT', `${keyPath()}/ip-allowlist`, { mode: 'report', entries: [] }],
      { api_key: ofKey },
    ],
    ['suspending it', () => ['POST', `${keyPath()}/suspend`, {}], { api_key: ofKey }],
    ['resuming it', () => ['POST', `${keyPath()}/resume`, {}], { api_key: ofKey }],
    [
      'reissuing its secret',
      () => ['POST', `${keyPath()}/reissue`, {}],
      { api_key: ofKey, secret: ofKey },
    ],
    [
      'rotating it',
      () => ['POST', `${keyPath()}/rotations`, { graceSeconds: 60 }],
      { api_key: ofKey, secret: ofKey, rotation: ofKey },
    ],
    [
      'revoking it, with its open rotation',
      () => ['POST', `${keyPath()}/revoke`, {}],
      { api_key: ofKey, rotation: ofKey },
    ],
    [
      'PUT of a scope',
      () => ['PUT', '/v1/scopes/two', { description: 'x' }],
      { scope: named('two') },
    ],
    [
      'PUT of a service',
      () => ['PUT', '/v1/services/one', { upstream: 'http://127.0.0.1:2', mount: '/one' }],
      { service: named('one') },
    ],
  ])('%s', async (_what, change, expected) => {
    const before = mainTables(latchkey.folder);
    const [method, path, body] = change();
    await latchkey.manage(method, path, body);
    const changed = changedRows(before, mainTables(latchkey.folder));
    expect(Object.keys(changed).sort()).toEqual(Object.keys(expected).sort());
    for (const [table, isExpected] of Object.entries(expected)) {
      expect(changed[table]?.filter((row) => !isExpected(row))).toEqual([]);
    }
  });

  it('the routes of a service', async () => {
    const before = mainTables(latchkey.folder);
    const { id } = await latchkey.manage('GET', '/v1/services/one');
    await latchkey.manage('PUT', '/v1/services/one/routes', { routes: [] });
    const {
      route = [],
      service = [],
      ...others
    } = changedRows(before, mainTables(latchkey.folder));
    expect([route.map((row) => row['service_id']), others]).toEqual([[id], {}]);
    expect(service.every((row) => row['id'] === id)).toBe(true);
  });
});
