import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Json } from '../support/latchkey.js';
import {
  expectInvalid,
  expectRefused,
  refusals,
  startManagement,
  type Management,
} from '../support/management.js';

const start = Date.UTC(2030, 0, 1);
const hour = 3_600_000;

let latchkey: Management;
let now: number;
let accountId: string;
let path: string;

beforeAll(async () => {
  now = start;
  latchkey = await startManagement({}, { wallClock: () => now });
  await latchkey.addScopes('contacts.read', 'contacts.write', 'orders.read');
  accountId = (await latchkey.openAccount()).id;
  path = `/v1/accounts/${accountId}/keys`;
});

afterAll(() => latchkey.remove());

const iso = (time: number): string => new Date(time).toISOString();

const selfOf = async (secret: string): Promise<Json> => {
  const { status, json } = await latchkey.call('GET', '/latchkey/v1/self', { secret });
  return json.reason ?? status;
};

const asOperator = (method: string, keyPath: string, body?: unknown) =>
  latchkey.ask(method, keyPath, { secret: latchkey.operatorKey, body });

describe('POST …/keys', () => {
  it('201: the key with its defaults, and its secret once', async () => {
    const answer = await asOperator('POST', path, { name: 'Vendor', scopes: [] });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { secret, ...key } = answer.json;
    expect(secret).toMatch(/^lk_prod_[0-9A-Za-z]{38}$/);
    expect(key).toEqual({
      id: expect.stringMatching(/^key_[0-9A-Za-z]{20}$/),
      accountId,
      name: 'Vendor',
      description: null,
      purpose: null,
      recipient: null,
      contactEmail: null,
      environment: 'production',
      state: 'active',
      scopes: [],
      grantableScopes: [],
      ipAllowlist: { mode: 'off', entries: [] },
      rateLimits: { rolling: null, daily: null },
      expiresAt: null,
      createdAt: iso(now),
      createdBy: latchkey.operatorKeyId,
      lastUsedAt: null,
      lastUsedIp: null,
      secrets: [
        {
          id: expect.stringMatching(/^sec_[0-9A-Za-z]{20}$/),
          start: secret.slice(0, 'lk_prod_4fGh'.length),
          state: 'current',
          createdAt: iso(now),
          expiresAt: null,
          lastUsedAt: null,
        },
      ],
      openRotation: null,
    });
    expect(await latchkey.manage('GET', `${path}/${key.id}`)).toEqual(key);
    expect(await selfOf(secret)).toBe(200);
  });

  it('201: with everything said; addresses in their one spelling', async () => {
    const settings = {
      name: 'Mail merge',
      description: 'For the newsletter',
      purpose: 'Sending the newsletter',
      recipient: 'Mail merge GmbH, 10115 Berlin',
      scopes: ['contacts.read', 'orders.read'],
      grantableScopes: ['contacts.write'],
      expiresAt: iso(now + hour),
    };
    const entries = [{ cidr: '2001:DB8:0::1', note: 'office' }, { cidr: '10.0.0.0/8' }];
    const ipAllowlist = { mode: 'report', entries };
    const key = await latchkey.makeKey(accountId, { ...settings, ipAllowlist });
    expect(key).toMatchObject({
      ...settings,
      ipAllowlist: {
        mode: 'report',
        entries: [{ cidr: '2001:db8::1', note: 'office' }, { cidr: '10.0.0.0/8' }],
      },
    });
  });

  it.each([
    ['production', 'prod'],
    ['staging', 'stg'],
    ['qa', 'qa'],
    ['development', 'dev'],
  ])('the environment %s stands in the secret as %s', async (environment, tag) => {
    const key = await latchkey.makeKey(accountId, { environment });
    expect([key.environment, key.secret.split('_')[1]]).toEqual([environment, tag]);
  });

  it.each<[what: string, changes: Json, fields: string[]]>([
    ['no name', { name: undefined }, ['name']],
    ['an empty name', { name: '' }, ['name']],
    ['a name of 201 characters', { name: 'x'.repeat(201) }, ['name']],
    ['a purpose of 2,001', { purpose: 'x'.repeat(2001) }, ['purpose']],
    ['a recipient of 2,001', { recipient: 'x'.repeat(2001) }, ['recipient']],
    ['no scopes', { scopes: undefined }, ['scopes']],
    ['null scopes', { scopes: null }, ['scopes']],
    ['scopes as a text', { scopes: 'contacts.read' }, ['scopes']],
    ['#30 a scope twice', { scopes: ['contacts.read', 'contacts.read'] }, ['scopes']],
    ['#30 an empty scope', { scopes: [''] }, ['scopes']],
    ['#30 an unknown scope', { scopes: ['contacts.readwrite'] }, ['scopes']],
    ['#30 two scopes in one', { scopes: ['contacts.read contacts.write'] }, ['scopes']],
    ['#30 a scope that is no text', { scopes: [7] }, ['scopes']],
    ['#30 an unknown grantable scope', { grantableScopes: ['nope'] }, ['grantableScopes']],
    ['1,001 scopes', { scopes: Array.from({ length: 1001 }, (_, i) => `s${i}`) }, ['scopes']],
    ['an unknown environment', { environment: 'prod' }, ['environment']],
    ['a time that is past', { expiresAt: iso(start - 1) }, ['expiresAt']],
    ['this very moment', { expiresAt: iso(start) }, ['expiresAt']],
    ['a time without its zone', { expiresAt: '2031-01-01T00:00:00' }, ['expiresAt']],
    ['a day alone', { expiresAt: '2031-01-01' }, ['expiresAt']],
    ['a day that no month has', { expiresAt: '2031-02-30T00:00:00Z' }, ['expiresAt']],
    ['a thirteenth month', { expiresAt: '2031-13-01T00:00:00Z' }, ['expiresAt']],
    ['a number for a time', { expiresAt: start + hour }, ['expiresAt']],
    ['an allowlist that is a list', { ipAllowlist: [] }, ['ipAllowlist']],
    ['an allowlist without a mode', { ipAllowlist: { entries: [] } }, ['ipAllowlist.mode']],
    [
      '#37 host bits, #36 a prefix out of range',
      { ipAllowlist: { mode: 'off', entries: [{ cidr: '10.0.0.1/8' }, { cidr: '10.0.0.0/33' }] } },
      ['ipAllowlist.entries.0.cidr', 'ipAllowlist.entries.1.cidr'],
    ],
    [
      '#38 /0 unconfirmed',
      { ipAllowlist: { mode: 'enforce', entries: [{ cidr: '0.0.0.0/0' }] } },
      ['ipAllowlist.entries.0.cidr'],
    ],
    ['#67 an account', { accountId: 'acc_1' }, ['accountId']],
    ['#67 an id', { id: 'key_1' }, ['id']],
    ['#67 a state', { state: 'active' }, ['state']],
    ['#67 a secret of one’s own', { secret: 'x'.repeat(40) }, ['secret']],
    ['#67 who made it', { createdBy: 'key_1' }, ['createdBy']],
    [
      '#67 in a nested object',
      { ipAllowlist: { mode: 'off', entries: [], id: 1 } },
      ['ipAllowlist.id'],
    ],
  ])('400: %s', async (_what, changes, fields) => {
    const before = await latchkey.manage('GET', `${path}?limit=500`);
    const body = { name: 'Refused', scopes: [], ...changes };
    await expectInvalid(latchkey, 'POST', path, body, fields);
    expect(await latchkey.manage('GET', `${path}?limit=500`)).toEqual(before);
  });

  it('an answer that names unknown scopes stays short', async () => {
    const scopes = Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(128, 'x'));
    const answer = await expectInvalid(latchkey, 'POST', path, { name: 'x', scopes }, ['scopes']);
    expect(answer.text.length).toBeLessThan(25_000);
  });
});

describe('PATCH …/keys/{k}', () => {
  let key: Json;

  beforeEach(async () => {
    key = await latchkey.makeKey(accountId, {
      ...{ scopes: ['contacts.read'], purpose: 'Test', recipient: 'Vendor Ltd' },
    });
    delete key.secret;
  });

  it('200: changes exactly what is named', async () => {
    const one = await latchkey.manage('PATCH', `${path}/${key.id}`, { name: 'New' });
    expect(one).toEqual({ ...key, name: 'New' });
    const changes = {
      description: 'Described',
      purpose: null,
      recipient: null,
      contactEmail: null,
      scopes: ['orders.read'],
      grantableScopes: ['contacts.read'],
      expiresAt: iso(now + hour),
    };
    expect(await latchkey.manage('PATCH', `${path}/${key.id}`, changes)).toEqual({
      ...one,
      ...changes,
    });
    const lasting = await latchkey.manage('PATCH', `${path}/${key.id}`, { expiresAt: null });
    expect(lasting.expiresAt).toBeNull();
  });

  it('#33 a scope taken away is gone with the answer', async () => {
    const { secret, id } = await latchkey.makeKey(accountId, { scopes: ['contacts.read'] });
    const scopesNow = async () =>
      (await latchkey.call('GET', '/latchkey/v1/self', { secret })).json.scopes;
    expect(await scopesNow()).toEqual(['contacts.read']);
    await latchkey.manage('PATCH', `${path}/${id}`, { scopes: [] });
    expect(await scopesNow()).toEqual([]);
  });

  it.each<[what: string, body: Json, fields: string[]]>([
    ['a null name', { name: null }, ['name']],
    ['null scopes', { scopes: null }, ['scopes']],
    ['#30 an unknown scope', { scopes: ['nope'] }, ['scopes']],
    ['a time that is past', { expiresAt: iso(start - 1) }, ['expiresAt']],
    ['another environment: it is fixed', { environment: 'qa' }, ['environment']],
    ['#67 a state', { state: 'active' }, ['state']],
    ['#67 a standing', { standing: 'active' }, ['standing']],
    ['#67 another account', { accountId: 'acc_1' }, ['accountId']],
    ['#67 the allowlist, which has a place of its own', { ipAllowlist: {} }, ['ipAllowlist']],
  ])('400: %s', async (_what, body, fields) => {
    await expectInvalid(latchkey, 'PATCH', `${path}/${key.id}`, body, fields);
    expect(await latchkey.manage('GET', `${path}/${key.id}`)).toEqual(key);
  });

  it('#69 touches this key and no other', async () => {
    const other = await latchkey.makeKey(accountId, { scopes: ['contacts.read'] });
    delete other.secret;
    await latchkey.manage('PATCH', `${path}/${key.id}`, { scopes: [], name: 'Only me' });
    expect(await latchkey.manage('GET', `${path}/${other.id}`)).toEqual(other);
  });
});

describe('suspend, resume, revoke', () => {
  const secretOf = async (settings: Json = {}) => {
    const key = await latchkey.makeKey(accountId, settings);
    expect(await selfOf(key.secret)).toBe(200);
    return key;
  };

  it('suspended at once, resumed at once, with no body or {}', async () => {
    const key = await secretOf();
    const at = `${path}/${key.id}`;
    expect((await asOperator('POST', `${at}/suspend`)).json.state).toBe('suspended');
    expect(await selfOf(key.secret)).toBe('KEY_SUSPENDED');
    expect((await asOperator('POST', `${at}/suspend`, {})).json.state).toBe('suspended');
    expect((await asOperator('POST', `${at}/resume`, {})).json.state).toBe('active');
    expect(await selfOf(key.secret)).toBe(200);
  });

  it('#53 revoked at once and for good; #47 with both secrets of an open rotation', async () => {
    const key = await secretOf();
    const at = `${path}/${key.id}`;
    const rotation = await latchkey.manage('POST', `${at}/rotations`, { graceSeconds: 3600 });
    const revoked = await latchkey.manage('POST', `${at}/revoke`);
    expect(revoked).toMatchObject({ state: 'revoked', openRotation: null });
    expect(await selfOf(key.secret)).toBe('KEY_REVOKED');
    expect(await selfOf(rotation.secret)).toBe('KEY_REVOKED');
    expect(await latchkey.manage('POST', `${at}/revoke`)).toMatchObject({ state: 'revoked' });
    const secret = latchkey.operatorKey;
    for (const action of ['suspend', 'resume', 'reissue']) {
      const request = { method: 'POST', path: `${at}/${action}`, secret };
      await expectRefused(latchkey, request, refusals.conflict('KEY_REVOKED'));
    }
    const request = { method: 'PATCH', path: at, secret, body: { name: 'Back' } };
    await expectRefused(latchkey, request, refusals.conflict('KEY_REVOKED'));
  });

  it('expired by the clock alone, at the millisecond; a later end brings it back', async () => {
    const key = await secretOf({ expiresAt: iso(now + hour) });
    now += hour - 1;
    expect(await selfOf(key.secret)).toBe(200);
    now += 1;
    expect(await selfOf(key.secret)).toBe('SECRET_EXPIRED');
    expect(await latchkey.manage('GET', `${path}/${key.id}`)).toMatchObject({ state: 'expired' });
    await latchkey.manage('PATCH', `${path}/${key.id}`, { expiresAt: iso(now + hour) });
    expect(await selfOf(key.secret)).toBe(200);
  });
});

describe('lastUsedAt and lastUsedIp', () => {
  it('say when and from where any of its secrets was last used, a denied call included', async () => {
    const key = await latchkey.makeKey(accountId);
    const used: Json[] = [];
    for (const call of ['/latchkey/v1/self', '/nothing/here']) {
      now += 1000;
      await latchkey.call('GET', call, { secret: key.secret });
      used.push(await latchkey.manage('GET', `${path}/${key.id}`));
      expect(used.at(-1)).toMatchObject({ lastUsedAt: iso(now), lastUsedIp: '127.0.0.1' });
      expect(used.at(-1).secrets[0].lastUsedAt).toBe(iso(now));
    }
    const listed = await latchkey.manage('GET', `${path}?limit=500`);
    expect(listed.results.find(({ id }: Json) => id === key.id)).toEqual(used.at(-1));
  });
});

describe('hours of a list', () => {
  const hourMs = 3_600_000;
  const listed = async (key: Json, query: string): Promise<Json> => {
    const { results } = await latchkey.manage('GET', `${path}?limit=500${query}`);
    return results.find(({ id }: Json) => id === key.id);
  };

  it('are those of the last 24 in which a key was used, and only for who asks', async () => {
    const [key, unused] = [await latchkey.makeKey(accountId), await latchkey.makeKey(accountId)];
    const call = (at: string) => latchkey.call('GET', at, { secret: key.secret });
    await call('/latchkey/v1/self');
    now += 2 * hourMs;
    const second = now - (now % hourMs);
    await call('/latchkey/v1/self');
    await call('/nothing/here');
    now += 22 * hourMs;
    // The hour of the first call is no longer one of them.
    expect((await listed(key, '&with=hours')).hours).toEqual([
      { hour: iso(second), calls: 2, deniedCalls: 1 },
    ]);
    expect((await listed(unused, '&with=hours')).hours).toEqual([]);
    expect(await listed(key, '')).not.toHaveProperty('hours');
    await expectInvalid(latchkey, 'GET', `${path}?with=days`, undefined, ['with'], 'query');
  });
});

it.each([
  ['GET', ''],
  ['PATCH', ''],
  ['POST', '/suspend'],
  ['POST', '/resume'],
  ['POST', '/revoke'],
  ['POST', '/reissue'],
])('404: %s of a key that is not there, %s', async (method, rest) => {
  await expectRefused(
    latchkey,
    {
      method,
      path: `${path}/key_00000000000000000000${rest}`,
      secret: latchkey.operatorKey,
      body: method === 'PATCH' ? { name: 'x' } : undefined,
    },
    refusals.notFound,
  );
});
