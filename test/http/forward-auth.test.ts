import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBase62 } from '../../src/core/ids.js';
import { craftSecret } from '../support/crafted-secrets.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
// prettier-ignore
import { ask, askers, asNginxTells, host, pathOf, takesHapikeyOut, type Asker, type CallOfProxy } from '../support/forward-auth.js';
import type { Json, TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { startNodes, type Nodes } from '../support/nodes.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { describeOnEachDatabase } from '../support/store.js';

const stranger = '127.0.0.9';
const bearer = (secret: string): HeaderLine => ['Authorization', `Bearer ${secret}`];
const withoutNginx = askers.filter((asker) => asker !== 'nginx');
const identity = [
  'x-latchkey-account',
  'x-latchkey-key',
  'x-latchkey-key-name',
  'x-latchkey-environment',
  'x-latchkey-scopes',
];
const forCaller = ['latchkey-secret-retires', 'link', 'deprecation', 'sunset'];

/** Those of these headers that say something. */
const told = ({ headers }: RawAnswer, names: readonly string[]) =>
  Object.fromEntries(
    names.filter((name) => headers.get(name)).map((name) => [name, headers.get(name)]),
  );

describeOnEachDatabase('§7 forward-auth', (kind) => {
  let nodes: Nodes;
  let latchkey: TestLatchkey;
  let rows: NewRows;
  let crm: Crm;
  let account: string;
  let key: Json;
  let secret: string;

  beforeAll(async () => {
    nodes = await startNodes(kind, {}, { TRUSTED_PROXIES: '127.0.0.1' });
    latchkey = nodes.one;
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    account = `/v1/accounts/${crm.accountId}`;
    await latchkey.manage('PUT', '/v1/services/sealed', {
      ...{ upstream: 'http://127.0.0.1:1', mount: '/sealed' },
      credential: { in: 'header', name: 'X-Upstream-Key', value: 'sealed-value-of-the-upstream' },
    });
    await latchkey.manage('PUT', '/v1/services/sealed/routes', { routes: [{ method: 'GET', path: '/a', scopeSets: [] }] });
  });

  beforeEach(async () => {
    key = await crm.makeKey({ name: 'Mail merge ✉' });
    secret = key.secret;
    await rows.skip();
  });

  afterAll(() => nodes?.remove());

  const manage = (method: string, path: string, body?: Json) => latchkey.manage(method, account + path, body);
  const question = (asker: Asker, call: CallOfProxy, from?: string) => ask(latchkey.accessUrl, asker, call, from);
  const askAs = (asker: Asker, target: string, call: Partial<CallOfProxy> = {}) =>
    question(asker, { target, headers: [bearer(secret)], ...call });
  /** As the caller will see it, whichever proxy asks. */
  const denied = (asker: Asker, answer: RawAnswer) => (asker === 'nginx' ? asNginxTells(answer) : answer);

  describe.each(askers)('asked by %s', (asker) => {
    it('200: whose call it is for the upstream, nothing else, and its one row is written', async () => {
      const headers: HeaderLine[] = [bearer(secret), ['User-Agent', 'sync/1'], ['X-Request-Id', 'req-1']];
      const answer = await question(asker, { target: '/crm/contacts/a%2Fb?limit=1', headers });
      expect([answer.status, answer.text]).toEqual([200, '']);
      expect(told(answer, [...identity, 'cache-control', 'x-latchkey-cache-control', ...forCaller])).toEqual({
        'x-latchkey-account': crm.accountId,
        'x-latchkey-key': key.id,
        'x-latchkey-key-name': 'Mail%20merge%20%E2%9C%89',
        'x-latchkey-environment': 'production',
        'x-latchkey-scopes': 'contacts.read',
        'cache-control': 'no-store',
      });
      expect(answer.headers.has('x-latchkey-uri')).toBe(false);
      const [row, ...others] = await rows.take(1);
      expect(others).toEqual([]);
      expect(row).toMatchObject({
        ...{ id: answer.headers.get('x-correlation-id'), accountId: crm.accountId, keyId: key.id },
        ...{ credential: 'bearer', door: 'forward_auth', actor: null, serviceId: crm.serviceId },
        ...{ method: 'GET', path: '/crm/contacts/a%2Fb', query: 'limit=1', route: '/contacts/{id}' },
        ...{ requiredScopes: ['contacts.read'], usedScopes: ['contacts.read'], decision: 'allowed' },
        ...{ reason: null, status: 200, upstreamStatus: null, callerIp: '203.0.113.7', peerIp: '127.0.0.1' },
        ...{ forwardedFor: '203.0.113.7', userAgent: 'sync/1', clientRequestId: 'req-1' },
        // Envoy puts the call's own Host on its question.
        host: asker === 'envoy' ? new URL(latchkey.accessUrl).host : host,
      });
    });

    /** What is at fault: each reason that a call can be denied for here. */
    const faults: [reason: string, fault: () => Promise<Partial<CallOfProxy>> | Partial<CallOfProxy>, row?: Json][] = [
      ['CALLER_UNDETERMINED', () => ({ callerIp: 'unknown' }), { callerIp: null }],
      ['PATH_INVALID', () => ({ target: '/crm//contacts' })],
      ['PATH_INVALID', () => ({ target: '/crm/../crm/contacts' })],
      ['PATH_INVALID', () => ({ target: '/crm/contacts#a' })],
      ['CREDENTIALS_MISSING', () => ({ headers: [] }), { keyId: null }],
      ['CREDENTIALS_MALFORMED', () => ({ headers: [bearer(secret), bearer(secret)] })],
      ['CREDENTIALS_MALFORMED', () => ({ target: `/crm/contacts?hapikey=${secret}` })],
      ['KEY_UNKNOWN', () => ({ headers: [bearer(craftSecret('lk_prod', randomBase62(32)))] }), { keyId: null }],
      ['KEY_REVOKED', async () => (await manage('POST', `/keys/${key.id}/revoke`)) && {}],
      ['SECRET_REVOKED', async () => (await manage('POST', `/keys/${key.id}/reissue`)) && {}],
      ['KEY_SUSPENDED', async () => (await manage('POST', `/keys/${key.id}/suspend`)) && {}],
      ['IP_NOT_ALLOWED', async () => {
        // From where the proxy asks is no matter.
        await manage('PUT', `/keys/${key.id}/ip-allowlist`, { mode: 'enforce', entries: [{ cidr: '127.0.0.1' }] });
        return {};
      }],
      ['ROUTE_UNKNOWN', () => ({ target: '/crm/nowhere' })],
      ['ROUTE_UNKNOWN', () => ({ target: '/nowhere' })],
      ['METHOD_NOT_ALLOWED', () => ({ method: 'PATCH' })],
      ['SCOPE_MISSING', () => ({ target: '/crm/orders' })],
      ['SCOPE_MISSING', () => ({ method: 'POST' })],
    ];

    it.each(faults)('%s is told whole, with its one row under its key (%#)', async (reason, fault, row = {}) => {
      const call = { target: '/crm/contacts', headers: [bearer(secret)], ...(await fault()) };
      await rows.skip();
      const answer = await question(asker, call);
      const made = await rows.take(1);
      const told = denied(asker, answer);
      const { method = 'GET' } = call;
      expectDenial(told, reason, made, { keyId: key.id, door: 'forward_auth', method, callerIp: '203.0.113.7', ...row });
      expectNoSecret([secret], answer, made);
      if (reason === 'METHOD_NOT_ALLOWED') expect(told.headers.get('allow')).toBe('GET, HEAD, POST');
      if (reason === 'SCOPE_MISSING') expect(told.headers.get('www-authenticate')).toContain('insufficient_scope');
      expect(told.headers.get('x-latchkey-key') ?? null).toBeNull();
    });

    it('what has an effect is on the log as well, and HEAD is decided as GET', async () => {
      const writer = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
      const headers = [bearer(writer.secret)];
      for (const [method, target] of [['POST', '/crm/contacts'], ['DELETE', '/crm/contacts/7'], ['HEAD', '/crm/contacts']] as const) {
        await rows.skip();
        expect((await question(asker, { method, target, headers })).status).toBe(200);
        expect(await rows.take(1)).toMatchObject([{ method, status: 200, keyId: writer.id }]);
      }
    });

    it('#41 PROXY_NOT_TRUSTED: one that is not named in TRUSTED_PROXIES is believed nothing', async () => {
      const answer = await question(asker, { target: '/crm/status', headers: [bearer(secret)] }, stranger);
      const made = await rows.take(1);
      expectDenial(denied(asker, answer), 'PROXY_NOT_TRUSTED', made, {
        ...{ keyId: key.id, door: 'forward_auth', route: pathOf(asker), callerIp: stranger, peerIp: stranger },
      });
      expectNoSecret([secret], answer, made);
    });

    it('#63 CALLER_UNDETERMINED: a proxy that does not say who calls is not taken for the caller', async () => {
      const entries = [{ cidr: '127.0.0.1' }];
      await manage('PUT', `/keys/${key.id}/ip-allowlist`, { mode: 'enforce', entries });
      await rows.skip();
      const answer = denied(asker, await askAs(asker, '/crm/contacts', { callerIp: null }));
      expectDenial(answer, 'CALLER_UNDETERMINED', await rows.take(1), { keyId: key.id, callerIp: null });
      expect(answer.json.message).toContain('sent no X-Forwarded-For');
    });

    it('#42 the caller is the first from the right that is no proxy of ours', async () => {
      await askAs(asker, '/crm/contacts', { callerIp: '6.6.6.6, 198.51.100.4, 127.0.0.1' });
      expect(await rows.take(1)).toMatchObject([{ callerIp: '198.51.100.4' }]);
    });

    it('a public route asks for no credential, says of nobody who it is, and its unsafe call has its row', async () => {
      const routes = ['GET', 'POST'].map((method) => ({ method, path: '/*', scopeSets: [], public: true }));
      const body = { upstream: 'http://127.0.0.1:1', mount: `/open-${asker}` };
      await latchkey.manage('PUT', `/v1/services/open-${asker}`, body);
      await latchkey.manage('PUT', `/v1/services/open-${asker}/routes`, { routes });
      for (const headers of [[], [bearer(secret)]]) {
        await rows.skip();
        const answer = await question(asker, { method: 'POST', target: `/open-${asker}/a`, headers });
        expect([answer.status, told(answer, identity)]).toEqual([200, {}]);
        expect(await rows.take(1)).toMatchObject([{ door: 'forward_auth', method: 'POST', keyId: null }]);
      }
    });

    it('an upstream of a sealed credential is not told who called', async () => {
      const answer = await askAs(asker, '/sealed/a');
      expect([answer.status, told(answer, identity)]).toEqual([200, {}]);
      expect(answer.raw).not.toContain('sealed-value');
    });

    it('SERVICE_NOT_AVAILABLE: what a binding has of its own only the gateway can use', async () => {
      const { id } = await latchkey.manage('POST', '/v1/accounts', { name: 'Bound' });
      const bound = await latchkey.manage('POST', `/v1/accounts/${id}/keys`, { name: 'k', scopes: ['contacts.read'] });
      const call = { target: '/crm/contacts', headers: [bearer(bound.secret)] };
      expect((await question(asker, call)).status).toBe(200);
      await latchkey.manage('PUT', `/v1/accounts/${id}/services/crm`, { upstream: 'http://127.0.0.1:2' });
      await rows.skip();
      const answer = denied(asker, await question(asker, call));
      expectDenial(answer, 'SERVICE_NOT_AVAILABLE', await rows.take(1), { keyId: bound.id, serviceId: crm.serviceId });
      expect(answer.json.message).toContain('only the gateway');
    });

    it('who still uses a retiring secret is told, allowed or denied', async () => {
      const rotation = await manage('POST', `/keys/${key.id}/rotations`, { graceSeconds: 3600 });
      const expected = {
        'latchkey-secret-retires': rotation.graceEndsAt,
        link: expect.stringContaining('rel="deprecation"'),
        deprecation: `@${Math.floor(Date.parse(rotation.startedAt) / 1000)}`,
        sunset: new Date(rotation.graceEndsAt).toUTCString(),
      };
      const [allowed, refused] = [await askAs(asker, '/crm/contacts'), await askAs(asker, '/crm/orders')];
      expect([allowed.status, told(allowed, forCaller)]).toEqual([200, expected]);
      expect([denied(asker, refused).status, told(refused, forCaller)]).toEqual([403, expected]);
      const fresh = await question(asker, { target: '/crm/contacts', headers: [bearer(rotation.secret)] });
      expect([fresh.status, told(fresh, forCaller)]).toEqual([200, {}]);
    });

    it('#53 a revocation counts from its answer on', async () => {
      expect((await askAs(asker, '/crm/contacts')).status).toBe(200);
      await manage('POST', `/keys/${key.id}/revoke`);
      expect(denied(asker, await askAs(asker, '/crm/contacts')).json.reason).toBe('KEY_REVOKED');
    });

    it('an access token in its header is as good, and the answer to it is for its caller alone', async () => {
      const answer = await askAs(asker, '/crm/contacts', { headers: [['X-Access-Token', secret]] });
      expect([answer.status, answer.headers.get('x-latchkey-cache-control')]).toEqual([200, 'private']);
      expect(await rows.take(1)).toMatchObject([{ credential: 'access_token', keyId: key.id }]);
    });

    it('#11 a long URI and many scopes are judged as any', async () => {
      const long = `/crm/contacts/${'x'.repeat(3_000)}?q=${'y'.repeat(3_000)}`;
      expect((await askAs(asker, long)).status).toBe(200);
      expect(await rows.take(1)).toMatchObject([{ keyId: key.id, path: expect.stringMatching(/^.{100,2048}…$/) }]);
    });
  });

  describe.each(takesHapikeyOut)('#84 hapikey, asked by %s', (asker) => {
    it.each([
      ['?hapikey=<secret>', ''],
      ['?a=1&hapikey=<secret>&b=2', '?a=1&b=2'],
      ['?hap%69key=<secret>&a=%20+%zz&&', '?a=%20+%zz&&'],
      ['?hapikeys=1&hapikey=<secret>', '?hapikeys=1'],
    ])('%s: told to send on every other byte', async (query, sent) => {
      const answer = await question(asker, { target: `/crm/contacts/7${query.replace('<secret>', secret)}` });
      expect([answer.status, answer.headers.get('x-latchkey-uri')]).toEqual([200, `/crm/contacts/7${sent}`]);
      expect(answer.headers.get('x-latchkey-cache-control')).toBe('private');
      const made = await rows.take(1);
      expectNoSecret([secret], answer, made);
      expect(made).toMatchObject([{ credential: 'hapikey', keyId: key.id, query: query.slice(1).replace('<secret>', '***') }]);
    });

    it.each(['/crm/contacts/<secret>?hapikey=<secret>', '/crm/contacts/7?hapikey=<secret>&next=%2Fa%3Fk=<secret>'])('HAPIKEY_NOT_ALLOWED for %s: what is left could not be told', async (target) => {
      const answer = denied(asker, await question(asker, { target: target.replaceAll('<secret>', secret) }));
      const made = await rows.take(1);
      expectDenial(answer, 'HAPIKEY_NOT_ALLOWED', made, { keyId: key.id });
      expectNoSecret([secret], answer, made);
    });

    it('on a public route it is taken out as well', async () => {
      const answer = await question(asker, { target: `/crm/status?hapikey=${secret}&a=1` });
      expect([answer.status, answer.headers.get('x-latchkey-uri')]).toEqual([200, '/crm/status?a=1']);
    });
  });

  describe.each(askers.filter((asker) => !takesHapikeyOut.includes(asker)))('#84 hapikey, asked by %s', (asker) => {
    it.each(['/crm/contacts', '/crm/status'])('HAPIKEY_NOT_ALLOWED on %s: it would go on to the upstream', async (path) => {
      const answer = await question(asker, { target: `${path}?a=1&hap%69key=${secret}` });
      const made = await rows.take(1);
      // A public route looks at no credential.
      const keyId = path === '/crm/status' ? null : key.id;
      expectDenial(answer, 'HAPIKEY_NOT_ALLOWED', made, { keyId, door: 'forward_auth' });
      expect(answer.json.message).toContain('the proxy that forwards this call');
      expectNoSecret([secret], answer, made);
    });
  });

  const methodOf = (asker: Asker) => (asker === 'nginx' ? 'X-Original-Method' : 'X-Forwarded-Method');
  const uriOf = (asker: Asker) => (asker === 'nginx' ? 'X-Original-URI' : 'X-Forwarded-Uri');

  describe.each(askers.filter((asker) => asker !== 'envoy'))('what %s has to say', (asker) => {
    const way: HeaderLine = ['X-Forwarded-For', '203.0.113.7'];
    const raw = (headers: readonly HeaderLine[], method = 'GET') =>
      sendRaw(latchkey.accessUrl, { method, target: pathOf(asker), headers: [bearer(secret), way, ...headers] });
    const uri: HeaderLine = [uriOf(asker), '/crm/contacts'];
    const method: HeaderLine = [methodOf(asker), 'GET'];

    it.each<[name: string, headers: HeaderLine[], detail: string]>([
      ['no method', [uri], `must say ${methodOf(asker)}, exactly once`],
      ['two methods, even equal', [method, method, uri], `must say ${methodOf(asker)}, exactly once`],
      ['an empty method', [[methodOf(asker), ''], uri], `${methodOf(asker)} is no method`],
      ['a list of methods', [[methodOf(asker), 'GET, POST'], uri], `${methodOf(asker)} is no method`],
      ['a method in small letters', [[methodOf(asker), 'get'], uri], `${methodOf(asker)} is no method`],
      ['no URI', [method], `must say ${uriOf(asker)}, exactly once`],
      ['two URIs, even equal', [method, uri, uri], `must say ${uriOf(asker)}, exactly once`],
      ['an empty URI', [method, [uriOf(asker), '']], `must say ${uriOf(asker)}, exactly once`],
      ['the URI in a like header', [method, [uriOf(asker).replaceAll('-', '_'), '/crm/contacts']], `must say ${uriOf(asker)}, exactly once`],
    ])('CALL_UNCLEAR with %s', async (_name, headers, detail) => {
      const answer = denied(asker, await raw(headers));
      expectDenial(answer, 'CALL_UNCLEAR', await rows.take(1), { keyId: key.id, door: 'forward_auth', route: pathOf(asker) });
      expect(answer.json.message).toContain(detail);
    });

    it.each([
      ['http://evil.example/crm/contacts', 'is not a path'],
      ['crm/contacts', 'is not a path'],
      ['*', 'is not a path'],
      ['/crm/contacts/caf\xe9', 'must be percent-encoded'],
      ['/crm/contacts?q=\xc3\xa9', 'must be percent-encoded'],
      ['/crm/contacts/a b', 'must be percent-encoded'],
      ['/crm/contacts\tx', 'must be percent-encoded'],
    ])('PATH_INVALID with %s', async (target, detail) => {
      const answer = denied(asker, await raw([method, [uriOf(asker), target]]));
      expectDenial(answer, 'PATH_INVALID', await rows.take(1), { keyId: key.id, method: 'GET' });
      expect(answer.json.message).toContain(detail);
    });

    it('METHOD_NOT_ALLOWED to ask by another method than GET, whatever it is about', async () => {
      const answer = denied(asker, await raw([method, uri], 'POST'));
      expectDenial(answer, 'METHOD_NOT_ALLOWED', await rows.take(1), { method: 'POST', path: pathOf(asker) });
    });

    it('the credential is that of the call, and none that stands on the question', async () => {
      const own: HeaderLine[] = [way, method, uri];
      const target = `${pathOf(asker)}?hapikey=${secret}`;
      const answer = denied(asker, await sendRaw(latchkey.accessUrl, { target, headers: own }));
      expect(answer.json.reason).toBe('CREDENTIALS_MISSING');
    });
  });

  it('asked by envoy: whatever follows is the path of the call, also where no server would have it', async () => {
    for (const [rest, reason] of [['/', 'ROUTE_UNKNOWN'], ['//crm/contacts', 'PATH_INVALID'], ['/../../../../crm/contacts', 'PATH_INVALID'], ['/%2e%2e/x', 'PATH_INVALID'], ['/crm/contacts/%zz', 'PATH_INVALID']]) {
      const answer = await askAs('envoy', rest as string);
      expectDenial(answer, reason as string, await rows.take(1), { door: 'forward_auth', path: rest as string });
    }
    for (const target of [pathOf('envoy'), `${pathOf('envoy')}*`, `${pathOf('envoy')}?a=1`, pathOf('caddy') + '/crm/contacts', pathOf('nginx' as Asker) + 'x', '/latchkey/v1/forward-auth/other']) {
      const answer = await sendRaw(latchkey.accessUrl, { target, headers: [bearer(secret), ['X-Forwarded-For', '203.0.113.7']] });
      expectDenial(answer, 'ROUTE_UNKNOWN', await rows.take(1), { keyId: key.id });
    }
  });

  it('nginx is answered 401 or 403, and told what the caller is to be told', async () => {
    for (const [target, headers, status, of] of [
      ['/crm/contacts', [], 401, 401],
      ['/crm/orders', [bearer(secret)], 403, 403],
      ['/crm/nowhere', [bearer(secret)], 403, 404],
      ['/crm//x', [bearer(secret)], 403, 400],
    ] as const) {
      const answer = await question('nginx', { target, headers });
      expect([answer.status, answer.headers.get('x-latchkey-status')]).toEqual([status, String(of)]);
      expect(JSON.parse(answer.headers.get('x-latchkey-error') ?? '')).toEqual(answer.json);
    }
    expect((await question('nginx', { target: '/crm/contacts', headers: [bearer(secret)] })).headers.has('x-latchkey-status')).toBe(false);
  });

  it('nginx: an envelope that is too long for a header comes without its details', async () => {
    const scopes = Array.from({ length: 100 }, (_, i) => `s${i}.${'x'.repeat(90)}`);
    for (const scope of scopes) await latchkey.manage('PUT', `/v1/scopes/${scope}`, {});
    await latchkey.manage('PUT', '/v1/services/wide', { upstream: 'http://127.0.0.1:1', mount: '/wide' });
    await latchkey.manage('PUT', '/v1/services/wide/routes', { routes: [{ method: 'GET', path: '/a', scopeSets: [scopes] }] });
    const answer = await askAs('nginx', '/wide/a');
    const json = JSON.parse(answer.headers.get('x-latchkey-error') ?? '');
    expect([answer.status, json.reason, json.errors, answer.json.errors.length]).toEqual([403, 'SCOPE_MISSING', [], 1]);
    expect(json.message).toMatch(/^This key may not do this: it lacks s0\.x+, .*\.\.\.$/);
    expect(answer.raw.indexOf('\r\n\r\n')).toBeLessThan(16_000);
    expect((await askAs('nginx', '/crm/contacts')).status).toBe(200);
  });

  it.each(withoutNginx)('%s is answered what its caller is to be answered', async (asker) => {
    expect((await askAs(asker, '/crm/nowhere')).headers.has('x-latchkey-status')).toBe(false);
  });

  it('a CORS preflight is a call like others: without a credential, no', async () => {
    const headers: HeaderLine[] = [['Origin', 'https://app.example'], ['Access-Control-Request-Method', 'POST']];
    const answer = await question('caddy', { method: 'OPTIONS', target: '/crm/contacts', headers });
    expectDenial(answer, 'CREDENTIALS_MISSING', await rows.take(1), { method: 'OPTIONS', door: 'forward_auth' });
    expect(answer.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('#28 #60 a secret in the path, the host or the user agent is in no row and no answer', async () => {
    for (const asker of askers) {
      const headers: HeaderLine[] = [bearer(secret), ['User-Agent', `a ${secret}`], ['X-Forwarded-Host', secret]];
      const answer = await question(asker, { target: `/crm/contacts/${secret}?next=%2F%3Fhapikey%3D${secret}`, headers });
      const made = await rows.take(1);
      expect(made).toHaveLength(1);
      expectNoSecret([secret], answer, made);
    }
  });
}); // prettier-ignore
