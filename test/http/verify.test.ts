import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBase62 } from '../../src/core/ids.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { crmRoutes, publishCrm, type Crm } from '../support/crm.js';
import { denials, expectDenial, expectEnvelope } from '../support/denials.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { checkOf, makeVerifier, verify, verifyPath } from '../support/verify.js';

const minute = 60_000;
const day = 86_400_000;
const iso = (time: number) => new Date(time).toISOString();

describeOnEachDatabase('§7 POST verify', (kind) => {
  let now = Date.UTC(2030, 0, 1);
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let rows: NewRows;
  let crm: Crm;
  let account: string;
  let verifier: Json;
  let key: Json;

  beforeAll(async () => {
    nodes = await startNodes(kind, { wallClock: () => now });
    latchkey = nodes.one;
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    account = `/v1/accounts/${crm.accountId}`;
    verifier = await makeVerifier(latchkey);
  });

  afterAll(() => nodes?.remove());

  beforeEach(async () => {
    now += minute;
    key = await crm.makeKey({ name: 'Mail merge' });
  });

  const post = (path: string, body?: Json) => latchkey.manage('POST', account + path, body);
  const put = (path: string, body: Json) => latchkey.manage('PUT', account + path, body);
  const ask = (body: unknown) => verify(latchkey, verifier.secret, body);
  const decide = async (told: Json = {}, secret: string = key.secret): Promise<Json> => {
    const { status, json } = await ask(checkOf(secret, told));
    expect([status, json.errors]).toEqual([200, undefined]);
    return json;
  };
  const reasonOf = async (told: Json = {}, secret?: string): Promise<unknown> => {
    const { decision, reason } = await decide(told, secret);
    return reason ?? decision;
  };

  it('an allowed call: who, with which secret, what for, and nothing to pass on', async () => {
    const [{ id, start }] = key.secrets;
    const answer = await ask(checkOf(key.secret, { path: '/crm/contacts/7' }));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.json).toEqual({
      ...{ decision: 'allowed', reason: null, status: 200, message: null, wouldDeny: null },
      account: { id: crm.accountId, name: 'Rolling Donut Ltd' },
      key: {
        ...{ id: key.id, name: 'Mail merge', environment: 'production' },
        ...{ state: 'active', expiresAt: null },
      },
      secret: { id, start, state: 'current', endsAt: null },
      scopes: ['contacts.read'],
      ...{ requiredScopes: ['contacts.read'], usedScopes: ['contacts.read'], missingScopes: [] },
      ...{ service: { id: crm.serviceId, name: 'crm' }, route: '/contacts/{id}', headers: {} },
      limits: [],
      correlationId: expect.stringMatching(/^call_[0-9A-Za-z]{23}$/),
    });
    expect(answer.json.correlationId).not.toBe(answer.headers.get('x-correlation-id'));
  });

  it('a denied call: the words, the status and the headers of the other doors', async () => {
    const told = await decide({ path: '/crm/orders' });
    const gateway = await latchkey.call('GET', '/crm/orders', { secret: key.secret });
    expect(told).toMatchObject({
      ...{ decision: 'denied', reason: 'SCOPE_MISSING', status: gateway.status },
      message: gateway.json.message,
      ...{ key: { id: key.id }, scopes: ['contacts.read'] },
      ...{ requiredScopes: ['orders.read'], usedScopes: [], missingScopes: ['orders.read'] },
      headers: { 'WWW-Authenticate': gateway.headers.get('www-authenticate') },
    });
  });

  /** What is at fault, and what is told: of each reason that a check can be denied for. */
  const faults: [reason: string, fault: () => Promise<[told: Json, secret?: string]>][] = [
    ['PATH_INVALID', async () => [{ path: '/crm/../crm/contacts' }]],
    ['CREDENTIALS_MISSING', async () => [{}, '']],
    ['CREDENTIALS_MALFORMED', async () => [{}, `Bearer ${key.secret}`]],
    ['KEY_UNKNOWN', async () => [{}, craftSecret('lk_prod', randomBase62(32))]],
    [
      'SECRET_EXPIRED',
      async () => {
        const { secret } = await crm.makeKey({ expiresAt: iso(now + 1) });
        now += 1;
        return [{}, secret];
      },
    ],
    [
      'SECRET_OVER_AGE',
      async () => {
        await put('/policy', { secretAgeDaysMax: 1, overAge: 'refuse' });
        now += 2 * day;
        return [{}];
      },
    ],
    [
      'SECRET_BROWNOUT',
      async () => {
        const { id } = await post(`/keys/${key.id}/rotations`, { graceSeconds: 3600 });
        const brownouts = [{ startsAt: iso(now + minute), endsAt: iso(now + 2 * minute) }];
        await put(`/keys/${key.id}/rotations/${id}/brownouts`, { brownouts });
        now += minute;
        return [{}];
      },
    ],
    ['KEY_REVOKED', async () => [(await post(`/keys/${key.id}/revoke`)) && {}]],
    ['SECRET_REVOKED', async () => [(await post(`/keys/${key.id}/reissue`)) && {}]],
    ['KEY_SUSPENDED', async () => [(await post(`/keys/${key.id}/suspend`)) && {}]],
    ['ACCOUNT_SUSPENDED', async () => [(await post('/suspend')) && {}]],
    [
      'HAPIKEY_NOT_ALLOWED',
      async () => {
        await latchkey.manage('PATCH', account, { allowHapikey: false });
        return [{ sentAs: 'hapikey' }];
      },
    ],
    [
      'IP_NOT_ALLOWED',
      async () => {
        // From where the publisher asks is no matter.
        const entries = [{ cidr: '127.0.0.1' }, { cidr: '203.0.113.0/29' }];
        await put(`/keys/${key.id}/ip-allowlist`, { mode: 'enforce', entries });
        expect(await reasonOf()).toBe('allowed');
        return [{ callerIp: '::ffff:203.0.113.8' }];
      },
    ],
    [
      'SERVICE_NOT_AVAILABLE',
      async () => {
        const closed = { upstream: 'http://127.0.0.1:1', mount: '/closed', open: false };
        await latchkey.manage('PUT', '/v1/services/closed', closed);
        return [{ path: '/closed/x' }];
      },
    ],
    ['ROUTE_UNKNOWN', async () => [{ path: '/crm/nowhere' }]],
    ['METHOD_NOT_ALLOWED', async () => [{ method: 'PATCH' }]],
    ['SCOPE_MISSING', async () => [{ path: '/crm/orders' }]],
  ];

  it.each(faults)(
    '%s is told with its status, its message and its headers',
    async (reason, fault) => {
      const [told, secret] = await fault();
      const result = await decide(told, secret);
      const { status, challenge } = denials[reason] as (typeof denials)[string];
      expect(result).toMatchObject({ decision: 'denied', reason, status });
      expect(result.message).toMatch(/\S/);
      const challenged =
        reason === 'SCOPE_MISSING'
          ? 'Bearer realm="latchkey", error="insufficient_scope", scope="orders.read"'
          : challenge;
      expect(result.headers['WWW-Authenticate'] ?? null).toBe(challenged);
      expect(result.headers['Allow']).toBe(
        reason === 'METHOD_NOT_ALLOWED' ? 'GET, HEAD, POST' : undefined,
      );
      expect(result.retryAfterSeconds).toBe(reason === 'SECRET_BROWNOUT' ? 60 : undefined);
      expect(result.headers['Retry-After']).toBe(reason === 'SECRET_BROWNOUT' ? '60' : undefined);
      if (reason === 'ACCOUNT_SUSPENDED') await post('/resume');
      await latchkey.manage('PATCH', account, { allowHapikey: true });
      await put('/policy', {});
    },
  );

  it('the list of the account is judged by the same address, and a report is told', async () => {
    const entries = [{ cidr: '198.51.100.0/24' }];
    await put('/ip-allowlist', { mode: 'report', entries });
    expect(await decide()).toMatchObject({ decision: 'allowed', wouldDeny: 'IP_NOT_ALLOWED' });
    expect(await decide({ callerIp: '198.51.100.1' })).toMatchObject({ wouldDeny: null });
    await put('/ip-allowlist', { mode: 'enforce', entries });
    expect(await reasonOf({ callerIp: '198.51.100.1' })).toBe('allowed');
    expect(await reasonOf({ callerIp: '127.0.0.1' })).toBe('IP_NOT_ALLOWED');
    await put('/ip-allowlist', { mode: 'off', entries: [] });
  });

  describe('what is needed', () => {
    it.each<[what: string, told: Json, expected: string]>([
      ['the scopes of the route', {}, 'allowed'],
      ['#20 HEAD is decided as GET', { method: 'HEAD' }, 'allowed'],
      ['the scopes asked for as well, which it has', { scopes: ['contacts.read'] }, 'allowed'],
      ['the scopes asked for as well, which it lacks', { scopes: ['orders.read'] }, 'SCOPE_MISSING'],
      ['no more than the route says', { scopes: [] }, 'allowed'],
      ['any valid key, where the route says so', { path: '/crm/ping' }, 'allowed'],
      ['and scopes besides', { path: '/crm/ping', scopes: ['orders.read'] }, 'SCOPE_MISSING'],
      ['without a path the scopes alone: held', { path: undefined, scopes: ['contacts.read'] }, 'allowed'],
      ['#29 without a path the scopes alone: not held', { path: undefined, scopes: ['contacts.readwrite'] }, 'SCOPE_MISSING'],
      ['every one of them', { path: undefined, scopes: ['contacts.read', 'orders.read'] }, 'SCOPE_MISSING'],
      ['a scope that nobody knows is held by nobody', { path: undefined, scopes: ['no.such'] }, 'SCOPE_MISSING'],
      ['without a path and scopes any valid key', { path: undefined }, 'allowed'],
      ['without a path a method is no matter', { path: undefined, method: 'DELETE' }, 'allowed'],
    ])('%s', async (_what, told, expected) => {
      expect(await reasonOf(told)).toBe(expected);
    }); // prettier-ignore

    it('names what is lacking of the nearest set and what was asked for besides', async () => {
      const told = { method: 'POST', scopes: ['orders.read'] };
      expect(await decide(told)).toMatchObject({
        requiredScopes: ['contacts.read', 'contacts.write', 'orders.read'],
        missingScopes: ['contacts.write', 'orders.read'],
      });
    });

    it('nothing at a public route, unless scopes are asked for', async () => {
      const told = { path: '/crm/status' };
      const stranger = craftSecret('lk_prod', randomBase62(32));
      for (const secret of [key.secret, stranger, '', 'a b'])
        expect(await decide(told, secret)).toMatchObject({
          ...{ decision: 'allowed', account: null, key: null, secret: null, scopes: [] },
          route: '/status',
        });
      expect(await reasonOf({ ...told, scopes: ['contacts.read'] }, stranger)).toBe('KEY_UNKNOWN');
      expect(await reasonOf({ ...told, scopes: ['contacts.read'] })).toBe('allowed');
    });

    it('a change of routes counts from its answer on', async () => {
      const routes = [...crmRoutes, { method: 'GET', path: '/new', scopeSets: [] }];
      expect(await reasonOf({ path: '/crm/new' })).toBe('ROUTE_UNKNOWN');
      await latchkey.manage('PUT', '/v1/services/crm/routes', { routes });
      expect(await reasonOf({ path: '/crm/new' })).toBe('allowed');
      await latchkey.manage('PUT', '/v1/services/crm/routes', { routes: crmRoutes });
    });
  });

  describe('a rotation', () => {
    const callers = { callerIp: '198.51.100.4', userAgent: 'sync/1' };

    it('both secrets work, the old one is told to retire, and who uses which is counted', async () => {
      const path = `/keys/${key.id}/rotations`;
      const rotation = await post(path, { graceSeconds: 3600 });
      now += 1_000;
      const old = await decide(callers);
      expect(old.headers).toEqual({
        'Latchkey-Secret-Retires': rotation.graceEndsAt,
        Link: expect.stringContaining('rel="deprecation"'),
        Deprecation: `@${Math.floor(Date.parse(rotation.startedAt) / 1000)}`,
        Sunset: new Date(rotation.graceEndsAt).toUTCString(),
      });
      expect(old.secret).toMatchObject({ state: 'retiring', endsAt: rotation.graceEndsAt });
      await decide({ ...callers, path: '/crm/orders' });
      now += 1_000;
      const fresh = await decide({}, rotation.secret);
      expect([fresh.headers, fresh.secret.state]).toEqual([{}, 'current']);
      await rows.skip();
      const shown = await latchkey.manage('GET', `${account}${path}/${rotation.id}`);
      expect(shown).toMatchObject({
        retiring: { calls: 2, deniedCalls: 1, callers: [{ ip: '198.51.100.4', userAgent: 'sync/1', calls: 2 }] },
        replacing: { calls: 1, callers: [{ ip: '203.0.113.7', userAgent: null }] },
      }); // prettier-ignore
      const { lastUsedIp, lastUsedAt } = await latchkey.manage('GET', `${account}/keys/${key.id}`);
      expect([lastUsedIp, lastUsedAt]).toEqual(['203.0.113.7', iso(now)]);
      now = Date.parse(rotation.graceEndsAt);
      expect(await reasonOf()).toBe('SECRET_EXPIRED');
    });

    it('#51 a new secret that was verified was used: the rotation is no longer cancelled', async () => {
      const path = `/keys/${key.id}/rotations`;
      const rotation = await post(path, { graceSeconds: 3600 });
      expect(await reasonOf({ path: '/crm/orders' }, rotation.secret)).toBe('SCOPE_MISSING');
      const refused = await latchkey.ask('POST', `${account}${path}/${rotation.id}/cancel`, {
        secret: latchkey.operatorKey,
      });
      expect(refused.status).toBe(409);
    });
  });

  describe('a batch', () => {
    it('has its results in the order of its checks, of one to a hundred', async () => {
      const checks = Array.from({ length: 100 }, (_, i) =>
        i % 3 === 0
          ? checkOf(key.secret, { path: `/crm/contacts/${i}` })
          : checkOf(i % 3 === 1 ? '' : key.secret, { path: '/crm/orders' }),
      );
      const { status, json } = await ask({ checks });
      expect([status, Object.keys(json)]).toEqual([200, ['results']]);
      expect(json.results.map(({ reason }: Json) => reason)).toEqual(
        checks.map((_, i) => [null, 'CREDENTIALS_MISSING', 'SCOPE_MISSING'][i % 3]),
      );
      const ids = json.results.map(({ correlationId }: Json) => correlationId);
      expect(new Set(ids).size).toBe(100);
      const one = await ask({ checks: [checkOf(key.secret)] });
      expect(one.json.results).toMatchObject([{ decision: 'allowed' }]);
    });

    it('a hundred first uses of one secret are one', async () => {
      const { json } = await ask({
        checks: Array.from({ length: 100 }, () => checkOf(key.secret)),
      });
      expect(json.results.map(({ decision }: Json) => decision)).toEqual(
        Array(100).fill('allowed'),
      );
    });
  });

  const text = { 'content-type': 'application/json' };
  const hundredAndOne = () => Array.from({ length: 101 }, () => checkOf('x'));

  it.each<[name: string, body: () => unknown, field: string | null, headers?: Record<string, string>, expected?: [number, string]]>([
    ['nothing', () => undefined, 'credential', text],
    ['a list', () => [checkOf('x')], null],
    ['no credential', () => checkOf(undefined as never), 'credential'],
    ['a credential that is no text', () => checkOf({ hapikey: 'x' } as never), 'credential'],
    ['a way to send it that is none', () => checkOf('x', { sentAs: 'cookie' }), 'sentAs'],
    ['no method', () => checkOf('x', { method: undefined }), 'method'],
    ['a method in small letters', () => checkOf('x', { method: 'get' }), 'method'],
    ['a path with a query', () => checkOf('x', { path: '/crm/contacts?limit=1' }), 'path'],
    ['a URL', () => checkOf('x', { path: 'https://api.example/crm' }), 'path'],
    ['an empty path', () => checkOf('x', { path: '' }), 'path'],
    ['no path by null', () => checkOf('x', { path: null }), 'path'],
    ['no address', () => checkOf('x', { callerIp: undefined }), 'callerIp'],
    ['#35 an address in octal', () => checkOf('x', { callerIp: '010.0.0.1' }), 'callerIp'],
    ['#39 an address with a zone', () => checkOf('x', { callerIp: 'fe80::1%eth0' }), 'callerIp'],
    ['#40 an address with a port', () => checkOf('x', { callerIp: '1.1.1.1:99' }), 'callerIp'],
    ['scopes that are no list', () => checkOf('x', { scopes: 'contacts.read' }), 'scopes'],
    ['#30 a scope twice', () => checkOf('x', { scopes: ['a', 'a'] }), 'scopes'],
    ['#67 a property that is none', () => checkOf('x', { accountId: 'acc_1' }), 'accountId'],
    ['a batch of none', () => ({ checks: [] }), 'checks'],
    ['a batch of 101', () => ({ checks: hundredAndOne() }), 'checks'],
    ['a batch that is no list', () => ({ checks: {} }), 'checks'],
    ['a batch of texts', () => ({ checks: ['x'] }), 'checks'],
    ['a batch and a check at once', () => ({ ...checkOf('x'), checks: [checkOf('x')] }), 'credential'],
    ['a check of a batch', () => ({ checks: [checkOf('x'), checkOf('x', { callerIp: '1' })] }), 'checks.1.callerIp'],
    ['broken JSON', () => '{"checks":', null, text, [400, 'REQUEST_MALFORMED']],
    ['#19 a prototype', () => '{"__proto__":{"credential":"x"}}', null, text, [400, 'REQUEST_MALFORMED']],
    ['#71 text', () => 'credential=x', null, { 'content-type': 'text/plain' }, [415, 'UNSUPPORTED_MEDIA_TYPE']],
    ['#73 more than 256 KB', () => checkOf('x'.repeat(270_000)), null, {}, [413, 'BODY_TOO_LARGE']],
  ])('is refused with %s, and says why', async (_name, body, field, headers = {}, expected = [400, 'VALIDATION_FAILED']) => {
    await rows.skip();
    const answer = await verify(latchkey, verifier.secret, body() ?? '', { headers });
    expect([answer.status, answer.json.reason]).toEqual(expected);
    expect(answer.json.errors[0]?.context?.field ?? null).toBe(field);
    expect(await rows.take(1)).toEqual([
      expect.objectContaining({
        ...{ keyId: verifier.id, door: 'verify', route: verifyPath, path: verifyPath },
        ...{ decision: 'allowed', status: answer.status, id: answer.json.correlationId },
      }),
    ]);
    // Whoever may not ask is told nothing of the body.
    const nobody = await verify(latchkey, undefined, body() ?? '', { headers });
    expect(nobody.json.reason).toBe('CREDENTIALS_MISSING');
  }); // prettier-ignore

  it('a long secret, path and user agent are no fault of whoever asks: they are judged and cut', async () => {
    const long = 'x'.repeat(9_216);
    expect(await reasonOf({}, long)).toBe('KEY_UNKNOWN');
    expect(await reasonOf({ path: `/crm/contacts/${long}`, userAgent: long, host: long })).toBe(
      'allowed',
    );
  });

  it('403 without the scope, 401 without a credential, each with its row', async () => {
    await rows.skip();
    const refused = await verify(latchkey, key.secret, checkOf(key.secret));
    const row = { keyId: key.id, door: 'verify', route: verifyPath, actor: null };
    const detail = expectDenial(refused, 'SCOPE_MISSING', await rows.take(1), row);
    expect(detail.context.missingScopes).toEqual(['latchkey.verify']);
    const nobody = await verify(latchkey, undefined, checkOf(key.secret));
    expectDenial(nobody, 'CREDENTIALS_MISSING', await rows.take(1), { ...row, keyId: null });
    const unknown = craftSecret('lk_prod', randomBase62(32));
    const stranger = await verify(latchkey, unknown, checkOf(key.secret));
    expectDenial(stranger, 'KEY_UNKNOWN', await rows.take(1), { ...row, keyId: null });
  });

  it('takes the secret of whoever asks by every method, and tells it that it retires', async () => {
    const path = `/v1/accounts/${crm.accountId}/keys`;
    const own = await latchkey.manage('POST', path, { name: 'Own', scopes: ['latchkey.verify'] });
    const rotation = await latchkey.manage('POST', `${path}/${own.id}/rotations`, {
      graceSeconds: 60,
    });
    const ways: [query: string, headers: Record<string, string>][] = [
      [`?hapikey=${own.secret}`, {}],
      ['', { 'x-access-token': own.secret }],
    ];
    for (const [query, headers] of ways) {
      const options = { body: checkOf(key.secret), headers };
      const answer = await latchkey.call('POST', verifyPath + query, options);
      expect([answer.status, answer.json.decision]).toEqual([200, 'allowed']);
      expect(answer.headers.get('latchkey-secret-retires')).toBe(rotation.graceEndsAt);
      expect(answer.json.headers).toEqual({});
    }
  });

  it.each(['GET', 'HEAD', 'PUT'])('405 for %s, and who asks comes first', async (method) => {
    const answer = await latchkey.call(method, verifyPath, { secret: verifier.secret });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    if (method !== 'HEAD')
      expectEnvelope(answer, { reason: 'METHOD_NOT_ALLOWED', category: 'NOT_FOUND' });
    expect((await latchkey.call(method, verifyPath)).status).toBe(401);
  });
});
