import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { publishCrm } from '../support/crm.js';
import {
  expectDenied,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { openTenant, operatorScopes, tenantScopes, type Tenant } from '../support/tenants.js';

let latchkey: Management;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  latchkey = await startManagement();
  [ours, theirs] = [await openTenant(latchkey, 'ours'), await openTenant(latchkey, 'theirs')];
});

afterAll(() => latchkey.remove());

describe('an account’s own view', () => {
  it('lists itself among accounts, and no other', async () => {
    const answer = await latchkey.ask('GET', '/v1/accounts', { secret: ours.admin });
    expect(answer.json.results.map(({ id }: { id: string }) => id)).toEqual([ours.accountId]);
    expect(answer.json.paging).toEqual({});
  });

  it('400 for a cursor that is none, as for the operator', async () => {
    const answer = await latchkey.ask('GET', '/v1/accounts?after=x', { secret: ours.admin });
    expect([answer.status, answer.json.errors[0].context.field]).toEqual([400, 'after']);
  });

  it('#62 the log of all accounts is not there', async () => {
    const request = { method: 'GET', path: '/v1/request-log', secret: ours.admin };
    await expectRefused(latchkey, request, refusals.notFound, { keyId: ours.adminId });
  });

  it('#62 its log shows nothing of another account, whatever it filters for', async () => {
    const path = `/v1/accounts/${ours.accountId}/request-log`;
    await latchkey.call('GET', '/latchkey/v1/self', { secret: theirs.admin });
    for (const query of ['', `?keyId=${theirs.adminId}`, '?door=self', '?ip=127.0.0.1']) {
      const answer = await latchkey.ask('GET', path + query, { secret: ours.admin });
      const accounts = answer.json.results.map((row: { accountId: string }) => row.accountId);
      expect(accounts.filter((id: string) => id !== ours.accountId)).toEqual([]);
    }
  });

  it('shows services without where they really are', async () => {
    await publishCrm(latchkey, 'http://crm.internal.example:8443');
    for (const path of ['/v1/services', '/v1/services/crm', '/v1/services/crm/routes']) {
      const answer = await latchkey.ask('GET', path, { secret: ours.admin });
      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('internal.example');
    }
  });
});

describe('a service that is not open', () => {
  const closed = '/v1/services/closed';
  const paths = [closed, `${closed}/routes`];
  const named = async (secret: string) => {
    const { json } = await latchkey.ask('GET', '/v1/services?limit=500', { secret });
    return json.results.map(({ name }: { name: string }) => name);
  };

  beforeAll(async () => {
    const service = { upstream: 'http://127.0.0.1:1', mount: '/closed', open: false };
    await latchkey.manage('PUT', closed, service);
  });

  it('is there for an account that is bound to it, and for others not at all', async () => {
    const binding = `/v1/accounts/${ours.accountId}/services/closed`;
    for (const path of [...paths, binding])
      await expectRefused(latchkey, { method: 'GET', path, secret: ours.admin }, refusals.notFound);
    expect(await named(ours.admin)).not.toContain('closed');
    await latchkey.manage('PUT', binding, { environment: 'qa' });
    for (const path of [...paths, binding])
      expect((await latchkey.ask('GET', path, { secret: ours.admin })).status).toBe(200);
    expect(await named(ours.admin)).toContain('closed');
    expect(await named(theirs.admin)).not.toContain('closed');
    for (const path of paths)
      expect((await latchkey.ask('GET', path, { secret: theirs.admin })).status).toBe(404);
    await latchkey.manage('DELETE', `${binding}?environment=qa`);
    expect((await latchkey.ask('GET', closed, { secret: ours.admin })).status).toBe(404);
  });

  it('is there for the operator', async () => {
    for (const path of paths) expect(await latchkey.manage('GET', path)).toBeDefined();
    expect(await named(latchkey.operatorKey)).toContain('closed');
  });
});

it('operator-only scopes never count in another account, even where a grant is in the database', async () => {
  const key = await latchkey.makeKey(ours.accountId, { scopes: ['latchkey.keys.read'] });
  const database = new SqliteDatabase(join(latchkey.folder, 'latchkey.db'));
  const insert = database.prepare('INSERT INTO api_key_grant VALUES (?, ?, ?, ?, NULL, NULL)');
  for (const [i, scope] of [...operatorScopes, 'latchkey.audit.read'].entries()) {
    insert.run(`grt_use_${i}`, key.id, scope, 'use');
    insert.run(`grt_give_${i}`, key.id, scope, 'hand_out');
  }
  database.close();
  const self = await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
  expect(self.json.scopes.sort()).toEqual(['latchkey.audit.read', 'latchkey.keys.read']);
  await expectDenied(
    latchkey,
    { method: 'POST', path: '/v1/accounts', secret: key.secret, body: { name: 'Mine' } },
    'SCOPE_MISSING',
    { keyId: key.id, missingScopes: ['latchkey.accounts.write'] },
  );
});

describe('#70 the two listeners keep to themselves', () => {
  it.each(['/v1/accounts', '/v1/request-log', '/openapi.json', '/docs'])(
    'the access listener knows no %s',
    async (path) => {
      const { operatorKey: secret } = latchkey;
      expect((await latchkey.call('GET', path)).json.reason).toBe('CREDENTIALS_MISSING');
      expect((await latchkey.call('GET', path, { secret })).json.reason).toBe('ROUTE_UNKNOWN');
      const body = { name: 'x' };
      const posted = await latchkey.call('POST', path, { secret, body });
      expect(posted.json.reason).toBe('ROUTE_UNKNOWN');
    },
  );

  it.each([
    '/crm/contacts',
    '/latchkey/v1/self',
    '/latchkey/v1/self/rotations',
    '/latchkey/v1/verify',
  ])('the management listener knows no %s', async (path) => {
    const { operatorKey: secret, operatorKeyId: keyId } = latchkey;
    const request = { method: 'GET', path };
    await expectDenied(latchkey, { ...request, secret }, 'ROUTE_UNKNOWN', { keyId });
    await expectDenied(latchkey, request, 'CREDENTIALS_MISSING', { keyId: null });
  });
});

it('every scope that an account may hold is either of use to it or the operator’s alone', async () => {
  const { results } = await latchkey.manage('GET', '/v1/scopes?limit=500');
  const names = results.map(({ name }: { name: string }) => name);
  const management = names.filter((name: string) => name.startsWith('latchkey.'));
  expect(management.sort()).toEqual([...tenantScopes, ...operatorScopes].sort());
});
