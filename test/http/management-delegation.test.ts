import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';
import { operatorScopes } from '../support/tenants.js';

let latchkey: Management;
let accountId: string;
let path: string;
/** May hand out contacts.read, and keys.read; holds orders.read itself. */
let caller: Json;

beforeAll(async () => {
  latchkey = await startManagement();
  await latchkey.addScopes('contacts.read', 'contacts.readwrite', 'orders.read');
});

afterAll(() => latchkey.remove());

beforeEach(async () => {
  accountId = (await latchkey.openAccount()).id;
  path = `/v1/accounts/${accountId}/keys`;
  caller = await latchkey.makeKey(accountId, {
    name: 'Caller',
    scopes: ['latchkey.keys.write', 'latchkey.keys.read', 'orders.read'],
    grantableScopes: ['contacts.read', 'latchkey.keys.read'],
  });
});

const ask = (method: string, askPath: string, body?: unknown) =>
  latchkey.ask(method, askPath, { secret: caller.secret, body });

const expectBeyond = async (
  method: string,
  askPath: string,
  body: unknown,
  beyond: readonly string[],
): Promise<void> => {
  const request = { method, path: askPath, secret: caller.secret, body };
  const row = { keyId: caller.id, accountId };
  const answer = await expectRefused(latchkey, request, refusals.notGrantable, row);
  expect(answer.json.errors[0].context.scopesNotGrantable).toEqual(beyond);
};

const auditOf = async (): Promise<Json[]> =>
  (await latchkey.manage('GET', `/v1/accounts/${accountId}/audit-events`)).results;

describe('#31 a key hands out what it may, and no more', () => {
  it('201 within its grantable scopes, made by it', async () => {
    const body = { name: 'x', scopes: ['contacts.read'], grantableScopes: ['latchkey.keys.read'] };
    const answer = await ask('POST', path, body);
    expect([answer.status, answer.json.createdBy]).toEqual([201, caller.id]);
  });

  it.each<[what: string, body: Json, beyond: string[]]>([
    ['a scope it only holds itself', { scopes: ['orders.read'] }, ['orders.read']],
    ['#29 a longer name', { scopes: ['contacts.readwrite'] }, ['contacts.readwrite']],
    ['a scope among others', { scopes: ['contacts.read', 'orders.read'] }, ['orders.read']],
    ['to hand on', { scopes: [], grantableScopes: ['orders.read'] }, ['orders.read']],
    ['what it manages with', { scopes: ['latchkey.keys.write'] }, ['latchkey.keys.write']],
    ['the operator’s scopes', { scopes: operatorScopes }, operatorScopes],
  ])('403 when it makes a key with %s', async (_what, body, beyond) => {
    const before = await auditOf();
    await expectBeyond('POST', path, { name: 'x', ...body }, beyond);
    expect(await auditOf()).toEqual(before);
    expect((await latchkey.manage('GET', path)).results).toHaveLength(1);
  });

  it('a key without grantable scopes makes keys without scopes', async () => {
    caller = await latchkey.makeKey(accountId, { scopes: ['latchkey.keys.write'] });
    expect((await ask('POST', path, { name: 'x', scopes: [] })).status).toBe(201);
    await expectBeyond('POST', path, { name: 'x', scopes: ['contacts.read'] }, ['contacts.read']);
  });

  it.each(operatorScopes)('not even the operator gives %s to another account', async (scope) => {
    for (const body of [{ scopes: [scope] }, { scopes: [], grantableScopes: [scope] }]) {
      const request = { method: 'POST', path, body: { name: 'x', ...body } };
      await expectRefused(
        latchkey,
        { ...request, secret: latchkey.operatorKey },
        refusals.notGrantable,
      );
    }
  });
});

describe('#31 on a key with scopes beyond what the caller may give', () => {
  let target: Json;
  let at: string;

  beforeEach(async () => {
    target = await latchkey.makeKey(accountId, { scopes: ['contacts.read', 'orders.read'] });
    at = `${path}/${target.id}`;
    delete target.secret;
  });

  it.each<[what: string, method: string, rest: string, body: Json]>([
    ['renames it', 'PATCH', '', { name: 'Mine' }],
    ['lets it last', 'PATCH', '', { expiresAt: null }],
    ['rotates it', 'POST', '/rotations', { graceSeconds: 3600 }],
    ['reissues its secret', 'POST', '/reissue', undefined],
    ['opens its allowlist', 'PUT', '/ip-allowlist', { mode: 'off', entries: [] }],
  ])(
    '403 when the caller %s; nothing is changed, no secret given',
    async (_what, method, rest, body) => {
      await expectBeyond(method, at + rest, body, ['orders.read']);
      expect(await latchkey.manage('GET', at)).toEqual(target);
    },
  );

  it('403 when the caller resumes it, though it may suspend it', async () => {
    expect((await ask('POST', `${at}/suspend`)).json.state).toBe('suspended');
    await expectBeyond('POST', `${at}/resume`, undefined, ['orders.read']);
    expect((await latchkey.manage('GET', at)).state).toBe('suspended');
    expect((await ask('POST', `${at}/revoke`)).json.state).toBe('revoked');
  });

  it('403 for its grantable scopes as for its scopes', async () => {
    const giver = await latchkey.makeKey(accountId, { grantableScopes: ['orders.read'] });
    const rotations = `${path}/${giver.id}/rotations`;
    await expectBeyond('POST', rotations, { graceSeconds: 0 }, ['orders.read']);
  });

  it('200 when the change takes away what was beyond', async () => {
    const narrowed = await ask('PATCH', at, { scopes: ['contacts.read'] });
    expect([narrowed.status, narrowed.json.scopes]).toEqual([200, ['contacts.read']]);
    const rotated = await ask('POST', `${at}/rotations`, { graceSeconds: 3600 });
    expect(rotated.status).toBe(201);
  });

  it('403 when the change adds what is beyond', async () => {
    await ask('PATCH', at, { scopes: [] });
    await expectBeyond('PATCH', at, { scopes: ['contacts.readwrite'] }, ['contacts.readwrite']);
    const given = { grantableScopes: ['orders.read'] };
    await expectBeyond('PATCH', at, given, ['orders.read']);
    expect((await latchkey.manage('GET', at)).scopes).toEqual([]);
  });
});

describe('#31 a key never edits itself', () => {
  it.each<[what: string, method: string, rest: string, body: Json]>([
    ['rename', 'PATCH', '', { name: 'Me' }],
    ['narrow', 'PATCH', '', { scopes: [] }],
    ['suspend', 'POST', '/suspend', undefined],
    ['resume', 'POST', '/resume', undefined],
    ['revoke', 'POST', '/revoke', undefined],
    ['reissue', 'POST', '/reissue', undefined],
    ['rotate', 'POST', '/rotations', { graceSeconds: 60 }],
    ['limit', 'PUT', '/ip-allowlist', { mode: 'off', entries: [] }],
  ])('403 SELF_EDIT: %s', async (_what, method, rest, body) => {
    const all = ['latchkey.keys.write', 'latchkey.keys.read', 'contacts.read'];
    caller = await latchkey.makeKey(accountId, { scopes: all, grantableScopes: all });
    const at = `${path}/${caller.id}`;
    const before = await latchkey.manage('GET', at);
    const request = { method, path: at + rest, secret: caller.secret, body };
    await expectRefused(latchkey, request, refusals.selfEdit, { keyId: caller.id });
    const after = await latchkey.manage('GET', at);
    expect({ ...after, ...lastUseOf(before) }).toEqual(before);
  });

  it('not even the operator’s key', async () => {
    const at = `/v1/accounts/${latchkey.operatorAccountId}/keys/${latchkey.operatorKeyId}`;
    const request = { method: 'POST', path: `${at}/revoke`, secret: latchkey.operatorKey };
    await expectRefused(latchkey, request, refusals.selfEdit);
  });

  it.each(['finish', 'cancel', 'extend', 'reissue'])(
    'nor %s a rotation of itself',
    async (step) => {
      const rotations = `${path}/${caller.id}/rotations`;
      const rotation = await latchkey.manage('POST', rotations, { graceSeconds: 3600 });
      const body = step === 'extend' ? { graceEndsAt: '2099-01-01T00:00:00Z' } : undefined;
      const at = `${rotations}/${rotation.id}/${step}`;
      const request = { method: 'POST', path: at, secret: caller.secret, body };
      await expectRefused(latchkey, request, refusals.selfEdit);
    },
  );
});

/** Being refused is a use as well. */
const lastUseOf = ({ lastUsedAt, lastUsedIp, secrets }: Json) => ({
  lastUsedAt,
  lastUsedIp,
  secrets,
});

describe('#31 what a key makes has no wider IP limits and no later expiry', () => {
  const limits = {
    ipAllowlist: { mode: 'enforce', entries: [{ cidr: '127.0.0.0/8' }] },
    expiresAt: '2099-01-01T00:00:00.000Z',
  };
  const tooWide = {
    status: 403,
    reason: 'LIMIT_NOT_GRANTABLE',
    category: 'FORBIDDEN',
    code: 'LIMIT_NOT_GRANTABLE',
  };

  beforeEach(async () => {
    const scopes = ['latchkey.keys.write'];
    caller = await latchkey.makeKey(accountId, { scopes, ...limits });
  });

  it.each<[what: string, changes: Json]>([
    ['no list at all', { ipAllowlist: undefined }],
    ['a list that is off', { ipAllowlist: { ...limits.ipAllowlist, mode: 'off' } }],
    ['a list that only reports', { ipAllowlist: { ...limits.ipAllowlist, mode: 'report' } }],
    ['a wider network', { ipAllowlist: { mode: 'enforce', entries: [{ cidr: '126.0.0.0/7' }] } }],
    ['another family', { ipAllowlist: { mode: 'enforce', entries: [{ cidr: '::1' }] } }],
    ['no end', { expiresAt: undefined }],
    ['null as its end', { expiresAt: null }],
    ['an end a millisecond later', { expiresAt: '2099-01-01T00:00:00.001Z' }],
  ])('403: %s', async (_what, changes) => {
    const body = { name: 'x', scopes: [], ...limits, ...changes };
    const request = { method: 'POST', path, secret: caller.secret, body };
    await expectRefused(latchkey, request, tooWide, { keyId: caller.id });
    expect((await latchkey.manage('GET', path)).results).toHaveLength(2);
  });

  it('201: the same, or narrower; and then it cannot be widened either', async () => {
    const narrower = {
      ipAllowlist: { mode: 'enforce', entries: [{ cidr: '127.1.0.0/16' }, { cidr: '127.0.0.1' }] },
      expiresAt: '2098-01-01T00:00:00.000Z',
    };
    for (const settings of [limits, narrower]) {
      const made = await ask('POST', path, { name: 'x', scopes: [], ...settings });
      expect([made.status, made.json.expiresAt]).toEqual([201, settings.expiresAt]);
      const at = `${path}/${made.json.id}`;
      const later = { expiresAt: '2099-01-02T00:00:00.000Z' };
      const wider = { mode: 'off', entries: [] };
      const secret = caller.secret;
      await expectRefused(latchkey, { method: 'PATCH', path: at, secret, body: later }, tooWide);
      await expectRefused(
        latchkey,
        { method: 'PUT', path: `${at}/ip-allowlist`, secret, body: wider },
        tooWide,
      );
      expect((await ask('PATCH', at, { name: 'Renamed' })).status).toBe(200);
    }
  });
});
