import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { countQueries } from '../support/query-counter.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

/** Every character that RFC 6750 allows and a URL treats in a way of its own. */
const legacySecret = 'Zq+/81.a-b_c~d/e+fGhIjKlMnOpQrStUvWx==';

describe('a legacy secret (OPERATOR_KEY)', () => {
  let latchkey: TestLatchkey;
  let rows: NewRows;
  let keyId: string;

  beforeAll(async () => {
    latchkey = await startTestLatchkey({ OPERATOR_KEY: legacySecret });
    keyId = (await latchkey.call('GET', '/latchkey/v1/self', { secret: legacySecret })).json.key.id;
    rows = new NewRows(latchkey);
  });

  beforeEach(() => rows.skip());

  afterAll(() => latchkey.remove());

  it.each([
    ['as bearer', '', { authorization: `Bearer ${legacySecret}` }, 'bearer', null],
    ['as X-Access-Token', '', { 'x-access-token': legacySecret }, 'access_token', null],
    [
      'as hapikey, percent-encoded',
      `?hapikey=${encodeURIComponent(legacySecret)}`,
      {},
      'hapikey',
      'hapikey=***',
    ],
    [
      'as hapikey, with / and = as they are',
      `?hapikey=${legacySecret.replaceAll('+', '%2B')}`,
      {},
      'hapikey',
      'hapikey=***',
    ],
  ] as const)('works %s', async (_name, query, headers, credential, logged) => {
    for (const [door, origin, path] of [
      ['self', 'call', '/latchkey/v1/self'],
      ['management', 'ask', '/v1/accounts'],
    ] as const) {
      const answer = await latchkey[origin]('GET', path + query, { headers });
      expect(answer.status).toBe(200);
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        door,
        keyId,
        credential,
        query: logged,
        secretStart: 'Zq+/',
        status: 200,
      });
      expectNoSecret([legacySecret], answer, made);
    }
  });

  it('a + that was not encoded is a space, so it is another secret: KEY_UNKNOWN', async () => {
    const answer = await latchkey.ask('GET', `/v1/accounts?hapikey=${legacySecret}`);
    const made = await rows.take(1);
    expectDenial(answer, 'KEY_UNKNOWN', made, { keyId: null, query: 'hapikey=***' });
    expectNoSecret([legacySecret], answer, made);
  });

  it('only its first four characters are ever shown', async () => {
    const self = await latchkey.call('GET', '/latchkey/v1/self', { secret: legacySecret });
    expect(self.json.secret.start).toBe('Zq+/');
    expect(self.text).not.toContain(legacySecret.slice(0, 5));
  });

  const told = encodeURIComponent(legacySecret);
  const nested = { mode: 'off', entries: [{ cidr: '192.0.2.0/24', [legacySecret]: 1 }] };
  it.each([
    ['a parameter', 'GET', `/v1/accounts?${told}=1`, undefined],
    ['a parameter of a route without any', 'GET', `/v1/accounts/{a}?${told}`, undefined],
    ['a cursor', 'GET', `/v1/accounts?after=${told}`, undefined],
    ['a property', 'POST', '/v1/accounts', { name: 'x', [legacySecret]: 1 }],
    ['a long property', 'POST', '/v1/accounts', { [`${'y'.repeat(90)}${legacySecret}`]: 1 }],
    ['a scope', 'POST', '/v1/accounts/{a}/keys', { name: 'x', scopes: [legacySecret] }],
    ['a property of an entry', 'PUT', '/v1/accounts/{a}/ip-allowlist', nested],
  ])('#28 is not repeated where it is sent as %s', async (_place, method, template, body) => {
    const { json } = await latchkey.call('GET', '/latchkey/v1/self', { secret: legacySecret });
    const path = template.replace('{a}', json.account.id);
    await rows.skip();
    const answer = await latchkey.ask(method, path, { secret: legacySecret, body });
    expect([answer.status, answer.json.reason]).toEqual([400, 'VALIDATION_FAILED']);
    expectNoSecret([legacySecret, legacySecret.slice(0, 12)], answer, await rows.take(1));
  });

  it.each([
    ['15 characters', 'a'.repeat(15), 0],
    ['16 characters', 'a'.repeat(16), 1],
    ['512 characters', 'a'.repeat(512), 1],
    ['513 characters', 'a'.repeat(513), 0],
    ['a character that is none of b64token', `${'a'.repeat(20)}!`, 0],
    ['= before the end', 'aaaaaaaa=aaaaaaaaa', 0],
    ['our prefix with a bad shape', 'lk_prod_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 0],
  ])('where there are legacy secrets, %s: looked up or not', async (_name, text, lookUps) => {
    const queries = countQueries(latchkey);
    const answer = await latchkey.ask('GET', '/v1/accounts', {
      headers: { 'x-access-token': text },
    });
    expect(queries.takeLookUps()).toHaveLength(lookUps);
    expectDenial(answer, 'KEY_UNKNOWN', await rows.take(1), { keyId: null });
  });
});

describe('secrets that were given out before', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;

  afterEach(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  it('stay valid when KEY_PREFIX changes, and again when it changes back', async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey();
    const { folder, operatorKey } = latchkey;
    const crm = await publishCrm(latchkey, upstream.url);
    const secrets: string[] = [operatorKey, (await crm.makeKey()).secret];
    const restart = async (KEY_PREFIX: string) => {
      await latchkey.close();
      latchkey = await startTestLatchkey({ TEST_FOLDER: folder, KEY_PREFIX });
    };
    for (const prefix of ['acme', 'zz9', 'lk']) {
      await restart(prefix);
      const key = await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/keys`, {
        name: prefix,
        environment: 'qa',
        scopes: ['contacts.read'],
      });
      expect(key.secret).toMatch(new RegExp(`^${prefix}_qa_[0-9A-Za-z]{38}$`));
      expect(key.secrets[0].start).toBe(key.secret.slice(0, prefix.length + 8));
      secrets.push(key.secret);
      for (const secret of secrets) {
        expect((await latchkey.call('GET', '/latchkey/v1/self', { secret })).status).toBe(200);
        expect((await latchkey.call('GET', `/latchkey/v1/self?hapikey=${secret}`)).status).toBe(
          200,
        );
      }
    }
    // An older prefix is still one of ours: misspelt it is refused without a look-up.
    const queries = countQueries(latchkey);
    const rows = new NewRows(latchkey);
    await rows.skip();
    queries.take();
    const misspelt = craftSecret('acme_prod', 'a'.repeat(32)).replace(/.$/, '!');
    expectDenial(
      await latchkey.call('GET', '/latchkey/v1/self', { secret: misspelt }),
      'KEY_UNKNOWN',
      await rows.take(1),
    );
    expect(queries.takeLookUps()).toEqual([]);
  });
});

describe('limits on a credential', () => {
  let latchkey: TestLatchkey;
  let upstream: RecordingUpstream;
  let crm: Crm;
  let rows: NewRows;
  let now = Date.parse('2030-01-01T00:00:00.000Z');

  beforeAll(async () => {
    upstream = await startUpstream();
    latchkey = await startTestLatchkey({}, { wallClock: () => now });
    crm = await publishCrm(latchkey, upstream.url);
    rows = new NewRows(latchkey);
  });

  afterAll(async () => {
    await latchkey.remove();
    await upstream.close();
  });

  it('HAPIKEY_NOT_ALLOWED: an account may switch hapikey off; its secrets still work in a header', async () => {
    const account = await latchkey.manage('POST', '/v1/accounts', {
      name: 'Strict',
      allowHapikey: false,
    });
    const key = await latchkey.manage('POST', `/v1/accounts/${account.id}/keys`, {
      name: 'k',
      scopes: ['contacts.read', 'latchkey.accounts.read'],
    });
    await rows.skip();
    const inUrl = `?hapikey=${key.secret}`;
    const row = { keyId: key.id, credential: 'hapikey', query: 'hapikey=***' };
    for (const answer of [
      () => latchkey.call('GET', `/crm/contacts${inUrl}`),
      () => latchkey.call('GET', `/latchkey/v1/self${inUrl}`),
      () => latchkey.ask('GET', `/v1/accounts${inUrl}`),
    ]) {
      const denied = await answer();
      const made = await rows.take(1);
      expectDenial(denied, 'HAPIKEY_NOT_ALLOWED', made, row);
      expectNoSecret([key.secret], denied, made);
    }
    expect((await latchkey.call('GET', '/crm/contacts', { secret: key.secret })).status).toBe(200);
    expect(
      (await latchkey.call('GET', '/crm/contacts', { headers: { 'x-access-token': key.secret } }))
        .status,
    ).toBe(200);
    await latchkey.manage('PATCH', `/v1/accounts/${account.id}`, { allowHapikey: true });
    expect((await latchkey.call('GET', `/crm/contacts${inUrl}`)).status).toBe(200);
  });

  it('SECRET_EXPIRED: a key ends at its expiry, to the millisecond, and says when', async () => {
    const expiresAt = new Date(now + 60_000).toISOString();
    const key = await crm.makeKey({
      expiresAt,
      scopes: ['contacts.read', 'latchkey.accounts.read'],
    });
    const calls = [
      () => latchkey.call('GET', '/crm/contacts', { secret: key.secret }),
      () => latchkey.call('GET', `/latchkey/v1/self?hapikey=${key.secret}`),
      () => latchkey.ask('GET', '/v1/accounts', { headers: { 'x-access-token': key.secret } }),
    ];
    now = Date.parse(expiresAt) - 1;
    for (const call of calls) expect((await call()).status).toBe(200);
    now += 1;
    await rows.skip();
    for (const call of calls) {
      const denied = await call();
      const made = await rows.take(1);
      const detail = expectDenial(denied, 'SECRET_EXPIRED', made, { keyId: key.id, at: expiresAt });
      expect(detail.context).toEqual({ endedAt: expiresAt });
      expect(denied.json.message).toContain(expiresAt);
      expectNoSecret([key.secret], denied, made);
    }
    // The clock going back brings nothing back.
    now -= 3_600_000;
    expectDenial(
      await latchkey.call('GET', '/crm/contacts', { secret: key.secret }),
      'SECRET_EXPIRED',
      await rows.take(1),
    );
    now += 3_600_000;
  });

  it.each([
    ['none', '', {}],
    ['a misspelt one', '?hapikey=lk_prod_nonsense&a=1', {}],
    ['two of them', '?a=1&hapikey=x', { authorization: 'Bearer x', 'x-access-token': 'y' }],
    ['a genuine one', '?hap%69key=SECRET&a=1', {}],
    ['a genuine one in a header', '?a=1', { authorization: 'Bearer SECRET' }],
  ] as const)(
    'a public route looks at no credential (%s), strips it, and is logged',
    async (_name, query, headers) => {
      const { secret } = await crm.makeKey();
      await rows.skip();
      upstream.calls.length = 0;
      const given = Object.entries(headers).map(([name, value]) => [
        name,
        value.replace('SECRET', secret),
      ]);
      const answer = await latchkey.call('GET', `/crm/status${query.replace('SECRET', secret)}`, {
        headers: Object.fromEntries(given),
      });
      expect(answer.status).toBe(200);
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expect(made[0]).toMatchObject({
        id: answer.headers.get('x-correlation-id'),
        decision: 'allowed',
        status: 200,
        keyId: null,
        accountId: null,
        route: '/status',
      });
      expectNoSecret([secret], answer, made);
      expect(upstream.calls).toHaveLength(1);
      expect(upstream.calls[0]?.url).toBe(query === '' ? '/status' : '/status?a=1');
      expect(upstream.calls[0]?.headers).not.toHaveProperty('authorization');
      expect(upstream.calls[0]?.headers).not.toHaveProperty('x-access-token');
      expect(JSON.stringify(upstream.calls)).not.toMatch(
        new RegExp(`x-latchkey-|hapikey|${secret}`, 'i'),
      );
    },
  );
});
