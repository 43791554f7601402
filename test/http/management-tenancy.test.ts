import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { publishCrm } from '../support/crm.js';
import type { Answer } from '../support/latchkey.js';
import {
  expectDenied,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import {
  bodyFor,
  fillIn,
  openTenant,
  operatorScopes,
  tenantScopes,
  type Tenant,
} from '../support/operations.js';

let latchkey: Management;
let ours: Tenant;
let theirs: Tenant;

beforeAll(async () => {
  latchkey = await startManagement();
  [ours, theirs] = [await openTenant(latchkey, 'Ours'), await openTenant(latchkey, 'Theirs')];
});

afterAll(() => latchkey.remove());

const nowhere = {
  accountId: 'acc_00000000000000000000',
  keyId: 'key_00000000000000000000',
  rotationId: 'rot_00000000000000000000',
};

/** What an answer says, apart from its own id. */
const said = ({ status, json }: Answer) => ({ status, ...json, correlationId: '' });

const operationsWith = (part: string) => {
  const found = latchkey.description.operations.filter(({ template }) => template.includes(part));
  expect(found.length).toBeGreaterThan(0);
  return found;
};

describe('#68 every operation on a foreign account', () => {
  it('404, exactly as for an account that does not exist', async () => {
    for (const { method, template, requiredScopes } of operationsWith('{accountId}')) {
      if (operatorScopes.includes(requiredScopes[0] as string)) continue;
      const body = bodyFor(method, template);
      const ask = (path: string) => latchkey.ask(method, path, { secret: ours.admin, body });
      const [foreign, none] = [
        await ask(fillIn(template, { ...theirs })),
        await ask(fillIn(template, nowhere)),
      ];
      expect([method, template, foreign.status]).toEqual([method, template, 404]);
      expect(said(foreign)).toEqual(said(none));
    }
  });

  it('403 where the operation is the operator’s alone, whatever account is named', async () => {
    for (const { method, template, requiredScopes } of operationsWith('')) {
      if (!operatorScopes.includes(requiredScopes[0] as string)) continue;
      const path = fillIn(template, { ...ours, name: 'crm' });
      const row = { keyId: ours.adminId, accountId: ours.accountId };
      await expectDenied(latchkey, { method, path, secret: ours.admin }, 'SCOPE_MISSING', row);
    }
  });
});

describe('#68 every id of a foreign account, under an account of one’s own', () => {
  const byWhom = ['their own admin', 'the operator'] as const;

  it.each(byWhom)('404 for a key, to %s', async (who) => {
    const secret = who === 'the operator' ? latchkey.operatorKey : ours.admin;
    for (const { method, template } of operationsWith('{keyId}')) {
      const body = bodyFor(method, template);
      const ask = (ids: Partial<Tenant>) =>
        latchkey.ask(method, fillIn(template, { ...ours, ...ids }), { secret, body });
      const foreign = await ask({ keyId: theirs.keyId, rotationId: theirs.rotationId });
      expect([method, template, foreign.status]).toEqual([method, template, 404]);
      expect(said(foreign)).toEqual(said(await ask({ ...nowhere, accountId: ours.accountId })));
    }
  });

  it.each(byWhom)('404 for a rotation, to %s', async (who) => {
    const secret = who === 'the operator' ? latchkey.operatorKey : ours.admin;
    for (const { method, template } of operationsWith('{rotationId}')) {
      const body = bodyFor(method, template);
      const path = fillIn(template, { ...ours, rotationId: theirs.rotationId });
      await expectRefused(latchkey, { method, path, secret, body }, refusals.notFound);
    }
  });

  it('and nothing of theirs was changed by any of it', async () => {
    const path = `/v1/accounts/${theirs.accountId}`;
    const key = await latchkey.manage('GET', `${path}/keys/${theirs.keyId}`);
    expect(key).toMatchObject({ name: 'Vendor', state: 'active' });
    expect(key.openRotation.id).toBe(theirs.rotationId);
    const { results } = await latchkey.manage('GET', `${path}/audit-events`);
    expect(results.map(({ action }: { action: string }) => action).sort()).toEqual([
      'account.created',
      'key.created',
      'key.created',
      'rotation.opened',
    ]);
  });
});

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

  it.each(['/crm/contacts', '/latchkey/v1/self', '/latchkey/v1/self/rotations'])(
    'the management listener knows no %s',
    async (path) => {
      const { operatorKey: secret, operatorKeyId: keyId } = latchkey;
      const request = { method: 'GET', path };
      await expectDenied(latchkey, { ...request, secret }, 'ROUTE_UNKNOWN', { keyId });
      await expectDenied(latchkey, request, 'CREDENTIALS_MISSING', { keyId: null });
    },
  );
});

it('every scope that an account may hold is either of use to it or the operator’s alone', async () => {
  const { results } = await latchkey.manage('GET', '/v1/scopes?limit=500');
  const names = results.map(({ name }: { name: string }) => name);
  const management = names.filter((name: string) => name.startsWith('latchkey.'));
  expect(management.sort()).toEqual([...tenantScopes, ...operatorScopes].sort());
});
