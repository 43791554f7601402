import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import {
  startTestLatchkey,
  type Answer,
  type Json,
  type TestLatchkey,
} from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** What people wrote about in the forum, as they lived through it. */
describe('stories from the threads', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;
  let now = Date.now();

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey({ TRUSTED_PROXIES: '127.0.0.1' }, { wallClock: () => now });
    crm = await publishCrm(latchkey, upstream.url);
    rows = new NewRows(latchkey);
  });

  beforeEach(async () => {
    await rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  /** The one row of a call that was let through. */
  async function expectLetThrough(answer: Answer, row: Json): Promise<void> {
    expect([answer.status, answer.json]).toEqual([200, { ok: true }]);
    const made = await rows.takeCompleted(1);
    expect(made).toHaveLength(1);
    expect(made[0]).toMatchObject({
      id: answer.headers.get('x-correlation-id'),
      decision: 'allowed',
      status: 200,
      ...row,
    });
    expect(upstream.calls.splice(0)).toHaveLength(1);
  }

  const scopes = ['contacts.read', 'contacts.write'];

  it('"my POST says 401 though the same URL works in the browser": the client dropped the query string', async () => {
    const { secret, id } = await crm.makeKey({ scopes });
    await rows.skip();
    await expectLetThrough(
      await latchkey.call('POST', `/crm/contacts?hapikey=${secret}`, { body: { a: 1 } }),
      { keyId: id },
    );
    const body = { properties: [{ property: 'email', value: 'a@example.com' }], hapikey: secret };
    const answer = await latchkey.call('POST', '/crm/contacts', { body });
    const made = await rows.take(1);
    expectDenial(answer, 'CREDENTIALS_MISSING', made, {
      method: 'POST',
      path: '/crm/contacts',
      query: null,
      keyId: null,
      callerIp: '127.0.0.1',
    });
    expect(answer.json.engagement).toEqual({
      hapikey: 'not engaged: hapikey is not in the query',
      'oauth-token': 'not engaged: there is no Authorization header',
      'x-access-token': 'not engaged: there is no X-Access-Token header',
    });
    expectNoSecret([secret], answer, made);
    expect(upstream.calls).toEqual([]);
  });

  it.each([['?hapikey='], ['?hapikey'], ['?hapikey=&email=a%40example.com']])(
    '"the variable was empty in production": %s is told apart from none at all',
    async (query) => {
      const answer = await latchkey.call('GET', `/crm/contacts${query}`);
      expectDenial(answer, 'CREDENTIALS_MISSING', await rows.take(1), {
        method: 'GET',
        path: '/crm/contacts',
      });
      expect(answer.json.engagement.hapikey).toBe(
        'not engaged: hapikey is present in the query but empty',
      );
    },
  );

  it('"which of the two do I send it as": one secret works by every method', async () => {
    const { secret, id } = await crm.makeKey({ scopes });
    await rows.skip();
    for (const [credential, query, headers] of [
      ['hapikey', `?hapikey=${secret}`, {}],
      ['bearer', '', { authorization: `Bearer ${secret}` }],
      ['access_token', '', { 'x-access-token': secret }],
    ] as const) {
      for (const method of ['GET', 'POST']) {
        const answer = await latchkey.call(method, `/crm/contacts${query}`, {
          headers,
          ...(method === 'POST' && { body: {} }),
        });
        await expectLetThrough(answer, { keyId: id, credential, method });
      }
    }
  });

  it('"403 and no word why": the scope that is missing is named, and no secret is', async () => {
    const { secret, id } = await crm.makeKey({ scopes: ['contacts.read'] });
    await rows.skip();
    for (const [method, path, missing] of [
      ['POST', '/crm/contacts', 'contacts.write'],
      ['DELETE', '/crm/contacts/7', 'contacts.write'],
      ['GET', '/crm/orders', 'orders.read'],
    ] as const) {
      const answer = await latchkey.call(
        method,
        `${path}?hapikey=${secret}`,
        method === 'POST' ? { body: {} } : {},
      );
      const made = await rows.take(1);
      const row = { method, path, keyId: id, callerIp: '127.0.0.1', missingScopes: [missing] };
      const detail = expectDenial(answer, 'SCOPE_MISSING', made, row);
      expect(answer.json.message).toContain(missing);
      expect(detail.context.missingScopes).toEqual([missing]);
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expectNoSecret([secret], answer, made);
    }
    expect(upstream.calls).toEqual([]);
  });

  it('"we shared one key between production and staging": with two keys, one is revoked and the other lives', async () => {
    const production = await crm.makeKey({ environment: 'production' });
    const staging = await crm.makeKey({ environment: 'staging' });
    expect([production.secret, staging.secret]).toEqual([
      expect.stringMatching(/^lk_prod_/),
      expect.stringMatching(/^lk_stg_/),
    ]);
    await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/keys/${staging.id}/revoke`);
    await rows.skip();
    const dead = await latchkey.call('GET', `/crm/contacts?hapikey=${staging.secret}`);
    const made = await rows.take(1);
    expectDenial(dead, 'KEY_REVOKED', made, {
      keyId: staging.id,
      environment: 'staging',
      secretStart: staging.secret.slice(0, 11),
    });
    expectNoSecret([staging.secret], dead, made);
    const alive = await latchkey.call('GET', `/crm/contacts?hapikey=${production.secret}`);
    await expectLetThrough(alive, { keyId: production.id, environment: 'production' });
    const state = async (key: Json) =>
      (await latchkey.manage('GET', `/v1/accounts/${crm.accountId}/keys/${key.id}`)).state;
    expect([await state(production), await state(staging)]).toEqual(['active', 'revoked']);
  });

  it('"somebody else is using our key": from a foreign address it is refused, and the address is named', async () => {
    const entries = [{ cidr: '203.0.113.0/24', note: 'the office' }];
    const { secret, id } = await crm.makeKey({ ipAllowlist: { mode: 'enforce', entries } });
    await rows.skip();
    const from = (ip: string) =>
      latchkey.call('GET', `/crm/contacts?hapikey=${secret}`, {
        headers: { 'x-forwarded-for': ip },
      });
    await expectLetThrough(await from('203.0.113.9'), { keyId: id, callerIp: '203.0.113.9' });
    const answer = await from('198.51.100.23');
    const made = await rows.take(1);
    const detail = expectDenial(answer, 'IP_NOT_ALLOWED', made, {
      keyId: id,
      callerIp: '198.51.100.23',
      peerIp: '127.0.0.1',
    });
    expect(detail.context).toEqual({ callerIp: '198.51.100.23' });
    expect(answer.json.message).toContain('198.51.100.23');
    // Where it would be let through from is nobody's business.
    expect(answer.text).not.toContain('203.0.113');
    expectNoSecret([secret], answer, made);
    expect(upstream.calls).toEqual([]);
  });

  it('"rotating took us down on Friday night": both secrets work in the window, then the old one says when it ended', async () => {
    const key = await crm.makeKey();
    const graceSeconds = 7 * 24 * 3_600;
    const rotation = await latchkey.manage(
      'POST',
      `/v1/accounts/${crm.accountId}/keys/${key.id}/rotations`,
      { graceSeconds },
    );
    await rows.skip();
    for (const [secret, secretState] of [
      [key.secret, 'retiring'],
      [rotation.secret, 'current'],
    ]) {
      await expectLetThrough(await latchkey.call('GET', `/crm/contacts?hapikey=${secret}`), {
        keyId: key.id,
        secretState,
      });
    }
    now += graceSeconds * 1_000;
    const answer = await latchkey.call('GET', `/crm/contacts?hapikey=${key.secret}`);
    const made = await rows.take(1);
    const detail = expectDenial(answer, 'SECRET_EXPIRED', made, {
      keyId: key.id,
      secretState: 'expired',
      rotationId: rotation.id,
    });
    expect(detail.context).toEqual({ endedAt: rotation.graceEndsAt, rotationId: rotation.id });
    expect(answer.json.message).toContain(rotation.graceEndsAt);
    expectNoSecret([key.secret, rotation.secret], answer, made);
    await expectLetThrough(await latchkey.call('GET', `/crm/contacts?hapikey=${rotation.secret}`), {
      keyId: key.id,
      secretState: 'current',
    });
  });

  it('"is it the key or is it you": a key can ask what it is, by every method', async () => {
    const key = await crm.makeKey({ scopes, name: 'Mail merge' });
    for (const [query, headers] of [
      [`?hapikey=${key.secret}`, {}],
      ['', { authorization: `Bearer ${key.secret}` }],
    ] as const) {
      const self = await latchkey.call('GET', `/latchkey/v1/self${query}`, { headers });
      expect(self.json).toMatchObject({
        account: { id: crm.accountId },
        key: { id: key.id, name: 'Mail merge', state: 'active' },
        scopes,
      });
      expectNoSecret([key.secret], self, []);
    }
  });
});
