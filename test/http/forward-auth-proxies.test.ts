import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describeWhere } from '../support/describe-where.js';
import { expectDenial, expectNoSecret } from '../support/denials.js';
import { takesHapikeyOut } from '../support/forward-auth.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { valuesOf } from '../support/header-lines.js';
import { absentProxy, startProxy, type ProxyName, type RunningProxy } from '../support/proxies.js';
import { sendRaw, type HeaderLine, type RawRequest } from '../support/raw-http.js';
import { startUpstream, type RecordedCall, type RecordingUpstream } from '../support/upstream.js';

/** A caller is where no proxy is. */
const caller = '127.0.0.7';
const routes = ['GET', 'POST', 'DELETE'].flatMap((method) => [
  { method, path: '/*', scopeSets: [['contacts.read']] },
  { method, path: '/open/*', scopeSets: [], public: true },
  { method, path: '/orders', scopeSets: [['orders.read']] },
]);
const bearer = (secret: string): HeaderLine => ['Authorization', `Bearer ${secret}`];
const identity = [
  'X-Latchkey-Account',
  'X-Latchkey-Key',
  'X-Latchkey-Key-Name',
  'X-Latchkey-Environment',
  'X-Latchkey-Scopes',
];

/** What only Latchkey or the proxy may say, and what would make another call of it. */
const spoofed = [
  ...identity,
  'x_latchkey_key',
  'X_Latchkey_Scopes',
  'X-Correlation-Id',
  'X_Correlation_Id',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Rewrite-URL',
  'X-Original-URL',
  'X-Original-URI',
  'X-Original-Method',
  'X-Forwarded-Uri',
  'X-Forwarded-Method',
  'X-Forwarded-Prefix',
  'X-Forwarded-Path',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X_Forwarded_For',
  'Forwarded',
  'X-Real-IP',
  'X-Client-IP',
  'Client-IP',
  'True-Client-IP',
  'CF-Connecting-IP',
];

// The configurations of deploy/, in the programs that they are for.
for (const name of ['nginx', 'caddy', 'haproxy'] satisfies ProxyName[]) {
  describeWhere(absentProxy(name), `§7 an API behind ${name}, configured by deploy/${name}`, () => {
    const forwardsHapikey = takesHapikeyOut.includes(name);
    let gateway: OpenGateway;
    let upstream: RecordingUpstream;
    let proxy: RunningProxy;
    let respond: (request: IncomingMessage, response: ServerResponse) => void;

    beforeAll(async () => {
      upstream = await startUpstream((request, response) => respond(request, response));
      gateway = await openGateway(upstream.url, { routes, environment: { TRUSTED_PROXIES: '127.0.0.1' } });
      proxy = await startProxy(name, gateway.latchkey.accessUrl, upstream.url);
    });

    beforeEach(async () => {
      respond = (_request, response) => void response.end('from the API');
      await gateway.rows.skip();
      upstream.calls.length = 0;
    });

    afterAll(async () => {
      await proxy?.close();
      await gateway?.close();
      await upstream?.close();
    });

    const call = (target: string, request: Partial<RawRequest> = {}) =>
      sendRaw(proxy.url, { target, headers: [bearer(gateway.secret)], from: caller, ...request });

    const forwarded = (): RecordedCall => {
      expect(upstream.calls).toHaveLength(1);
      return upstream.calls[0] as RecordedCall;
    };
    const valuesAtUpstream = (header: string) => valuesOf(forwarded().rawHeaders, header);

    it('a call that may pass reaches the API, with who called and without the credential', async () => {
      const answer = await call('/crm/a');
      expect([answer.status, answer.text]).toEqual([200, 'from the API']);
      const id = answer.headers.get('x-correlation-id');
      expect(await gateway.rows.take(1)).toMatchObject([
        {
          ...{ id, door: 'forward_auth', keyId: gateway.keyId, serviceId: gateway.crm.serviceId },
          ...{ method: 'GET', path: '/crm/a', status: 200, decision: 'allowed' },
          ...{ callerIp: caller, peerIp: '127.0.0.1', host: new URL(proxy.url).host },
        },
      ]);
      expect(identity.map(valuesAtUpstream)).toEqual([
        [gateway.crm.accountId], [gateway.keyId], ['Vendor'], ['production'], ['contacts.read'],
      ]);
      expect(valuesAtUpstream('X-Correlation-Id')).toEqual([id]);
      expect(valuesAtUpstream('X-Forwarded-For')).toEqual([caller]);
      expect(forwarded().rawHeaders.join()).not.toContain(gateway.secret);
    });

    it.each(['/crm/a%2Fb/%C3%A9?q=%20+&b=%3d', "/crm/a;x=1/-_~!$&'()*+,=:@?a=1&&=", '/crm/', '/crm?', '/crm/%41%7e?a[]=1', `/crm/${'x'.repeat(2_000)}?q=${'y'.repeat(3_000)}`])(
      '#85 %s: what is judged is what the API gets, byte for byte',
      async (target) => {
        expect((await call(target)).status).toBe(200);
        expect(forwarded().url).toBe(target);
        const [row] = await gateway.rows.take(1);
        expect(target.startsWith(String(row?.['path']).replace(/…$/, ''))).toBe(true);
      },
    );

    it.each(['/crm//a', '/crm/../b', '/crm/%2e%2e/b', '/crm/./a', '/crm/a%5cb', '/crm/..;/b'])(
      '#85 %s, which servers read in different ways, goes to none',
      async (target) => {
        const answer = await call(target);
        expectDenial(answer, 'PATH_INVALID', await gateway.rows.take(1), { keyId: gateway.keyId, callerIp: caller });
        expect(upstream.calls).toEqual([]);
      },
    );

    it.each<[reason: string, target: string, request: Partial<RawRequest>]>([
      ['CREDENTIALS_MISSING', '/crm/a', { headers: [] }],
      ['CREDENTIALS_MALFORMED', '/crm/a?hapikey=x', {}],
      ['KEY_UNKNOWN', '/crm/a', { headers: [['X-Access-Token', 'no-such-secret-of-anybody']] }],
      ['SCOPE_MISSING', '/crm/orders', {}],
      ['SCOPE_MISSING', '/crm/orders', { method: 'POST', body: 'hello' }],
      ['ROUTE_UNKNOWN', '/nowhere', {}],
      ['METHOD_NOT_ALLOWED', '/crm/a', { method: 'PATCH' }],
    ])('%s on %s: the caller has the envelope, the status and the headers of the gateway', async (reason, target, request) => {
      const answer = await call(target, request);
      const { method = 'GET' } = request;
      expectDenial(answer, reason, await gateway.rows.take(1), { door: 'forward_auth', method, callerIp: caller });
      if (reason === 'METHOD_NOT_ALLOWED') expect(answer.headers.get('allow')).toContain('GET, HEAD, POST');
      if (reason === 'SCOPE_MISSING') expect(answer.headers.get('www-authenticate')).toContain('scope="orders.read"');
      expect(upstream.calls).toEqual([]);
    });

    it('two credentials of one kind are refused, as at the gateway', async () => {
      const twice = await call('/crm/a', { headers: [bearer(gateway.secret), bearer(gateway.secret)] });
      const refusedByItself = twice.json === undefined && twice.status === 400;
      if (!refusedByItself) expectDenial(twice, 'CREDENTIALS_MALFORMED', await gateway.rows.take(1));
      expect(upstream.calls).toEqual([]);
    });

    it('#41 #83 what a caller says of itself reaches neither Latchkey nor the API', async () => {
      const lies = spoofed.map((header): HeaderLine => [header, `evil-${header}`]);
      const ways: HeaderLine[] = [['X-Forwarded-For', '203.0.113.66'], ['X-Access-Token', '']];
      expect((await call('/crm/a', { headers: [bearer(gateway.secret), ...lies, ...ways] })).status).toBe(200);
      expect(forwarded().rawHeaders.filter((value) => value.startsWith('evil-'))).toEqual([]);
      expect(valuesAtUpstream('X-Latchkey-Key')).toEqual([gateway.keyId]);
      expect(await gateway.rows.take(1)).toMatchObject([{ callerIp: caller, path: '/crm/a', method: 'GET', host: new URL(proxy.url).host }]);
    });

    it('#83 nobody is anybody on a public route', async () => {
      const lies = [...spoofed, 'Latchkey-Secret-Retires'].map((header): HeaderLine => [header, `evil-${header}`]);
      const answer = await call('/crm/open/a', { headers: lies });
      expect([answer.status, answer.raw.includes('evil-')]).toEqual([200, false]);
      expect(identity.flatMap(valuesAtUpstream)).toEqual([]);
      expect(forwarded().rawHeaders.join()).not.toMatch(/evil-x.latchkey/i);
    });

    it('a method that is told is no method that is used: DELETE stays DELETE', async () => {
      const lies: HeaderLine[] = ['X-Original-Method', 'X-Forwarded-Method'].map((header) => [header, 'GET']);
      const uris: HeaderLine[] = ['X-Original-URI', 'X-Forwarded-Uri'].map((header) => [header, '/crm/open/a']);
      const answer = await call('/crm/orders', { method: 'DELETE', headers: [bearer(gateway.secret), ...lies, ...uris] });
      expectDenial(answer, 'SCOPE_MISSING', await gateway.rows.take(1), { method: 'DELETE', path: '/crm/orders' });
    });

    it('#82 what a caller names in Connection is not taken away', async () => {
      const named = 'X-Latchkey-Key, X-Forwarded-Uri, X-Forwarded-Method, X-Forwarded-For, X-Original-URI, Authorization';
      await call('/crm/a', { headers: [bearer(gateway.secret), ['Connection', named]] });
      expect(valuesAtUpstream('X-Latchkey-Key')).toEqual([gateway.keyId]);
      expect(valuesAtUpstream('Connection').join()).not.toContain('Latchkey');
      expect(await gateway.rows.take(1)).toMatchObject([{ callerIp: caller, status: 200 }]);
    });

    it('POST: the body goes to the API whole, and the call is on the log before', async () => {
      const body = 'x'.repeat(100_000);
      let rowsBefore = 0;
      respond = (_request, response) => void gateway.latchkey.rows('&method=POST&door=forward_auth').then((rows) => {
        rowsBefore = rows.filter(({ path }) => path === '/crm/upload').length;
        response.end('taken');
      });
      const answer = await call('/crm/upload', { method: 'POST', body });
      expect([answer.status, answer.text, forwarded().body.length, rowsBefore]).toEqual([200, 'taken', body.length, 1]);
    });

    it('HEAD is decided as GET, and is HEAD for the API; a denied one has no body', async () => {
      expect((await call('/crm/a', { method: 'HEAD' })).status).toBe(200);
      expect(forwarded().method).toBe('HEAD');
      const refused = await call('/crm/orders', { method: 'HEAD' });
      expect([refused.status, refused.text]).toEqual([403, '']);
    });

    it.each(['/crm/a?q=%20&hapikey=<secret>&b=1', '/crm/a?hap%69key=<secret>', '/crm/open/a?b=1&hapikey=<secret>'])('#84 %s: the secret goes no further', async (target) => {
      const answer = await call(target.replace('<secret>', gateway.secret), { headers: [] });
      const made = await gateway.rows.take(1);
      expectNoSecret([gateway.secret], answer, made);
      if (!forwardsHapikey) {
        expectDenial(answer, 'HAPIKEY_NOT_ALLOWED', made, { door: 'forward_auth' });
        expect(upstream.calls).toEqual([]);
        return;
      }
      expect(answer.status).toBe(200);
      const query = /\?(.*)/.exec(target)?.[1]?.split('&').filter((segment) => !segment.includes('<secret>')).join('&');
      expect(forwarded().url).toBe(target.replace(/\?.*/, '') + (query === '' ? '' : `?${query}`));
      if (!target.includes('open')) expect(answer.headers.get('cache-control')).toBe('private');
    });

    it('the answer to an access token is for its caller alone, whatever the API says', async () => {
      respond = (_request, response) => void response.writeHead(200, { 'Cache-Control': 'public, max-age=60' }).end();
      const answer = await call('/crm/a', { headers: [['X-Access-Token', gateway.secret]] });
      expect(answer.headers.get('cache-control')).toContain('private');
      expect(valuesAtUpstream('X-Access-Token')).toEqual([]);
      expect((await call('/crm/a')).headers.get('cache-control')).toBe('public, max-age=60');
    });

    it('who still uses a retiring secret is told; nobody else is', async () => {
      const key = await gateway.crm.makeKey();
      const path = `/v1/accounts/${gateway.crm.accountId}/keys/${key.id}/rotations`;
      const rotation = await gateway.latchkey.manage('POST', path, { graceSeconds: 3600 });
      for (const [target, status] of [['/crm/a', 200], ['/crm/orders', 403]] as const) {
        const { headers, ...answer } = await call(target, { headers: [bearer(key.secret)] });
        expect([answer.status, headers.get('latchkey-secret-retires')]).toEqual([status, rotation.graceEndsAt]);
        expect([headers.get('deprecation'), headers.get('sunset')]).toEqual([
          `@${Math.floor(Date.parse(rotation.startedAt) / 1000)}`, new Date(rotation.graceEndsAt).toUTCString(),
        ]);
        expect(headers.get('link')).toContain('rel="deprecation"');
      }
      const fresh = await call('/crm/a', { headers: [bearer(rotation.secret), ['Link', 'evil'], ['Sunset', 'evil']] });
      expect(['latchkey-secret-retires', 'deprecation', 'sunset', 'link'].filter((header) => fresh.headers.has(header))).toEqual([]);
    });

    it('#34 a key that is limited to an address works from there, and from nowhere else', async () => {
      const ipAllowlist = { mode: 'enforce', entries: [{ cidr: caller }] };
      const key = await gateway.crm.makeKey({ ipAllowlist });
      const headers = [bearer(key.secret)];
      expect((await call('/crm/a', { headers })).status).toBe(200);
      await gateway.rows.skip();
      const elsewhere = await call('/crm/a', { headers: [...headers, ['X-Forwarded-For', caller]], from: '127.0.0.8' });
      expectDenial(elsewhere, 'IP_NOT_ALLOWED', await gateway.rows.take(1), { keyId: key.id, callerIp: '127.0.0.8' });
    });

    it('#11 more than can be judged is refused, and says so', async () => {
      const large = ['X-A', 'X-B', 'X-C'].map((header): HeaderLine => [header, 'a'.repeat(6_000)]);
      const answer = await call('/crm/a', { headers: [bearer(gateway.secret), ...large] });
      // HAProxy's own limit is lower.
      expect(answer.status).toBe(name === 'haproxy' ? 400 : 431);
      if (name !== 'haproxy') expect(answer.json.reason).toBe('HEADERS_TOO_LARGE');
      expect(upstream.calls).toEqual([]);
    });

    it('the question cannot be asked from outside', async () => {
      const headers: HeaderLine[] = [bearer(gateway.secret), ['X-Forwarded-Uri', '/crm/a'], ['X-Original-URI', '/crm/a']];
      for (const path of ['/_latchkey_asks', `/latchkey/v1/forward-auth/${name}`])
        expect([401, 403, 404]).toContain((await call(path, { headers })).status);
      expect(upstream.calls).toEqual([]);
    });

    it('many calls at once are each judged by their own secret', async () => {
      const answers = await Promise.all(
        Array.from({ length: 60 }, (_, i) => call(`/crm/${i}`, { headers: i % 3 === 0 ? [] : [bearer(gateway.secret)] })),
      );
      expect(answers.map(({ status }) => status)).toEqual(answers.map((_, i) => (i % 3 === 0 ? 401 : 200)));
      expect(upstream.calls).toHaveLength(40);
      expect(await gateway.rows.take(60)).toHaveLength(60);
    });
  });

  describeWhere(absentProxy(name), `§7 ${name} while Latchkey does not answer`, () => {
    it('nobody passes, and the caller is told that it is not its fault', async () => {
      const upstream = await startUpstream();
      const gateway = await openGateway(upstream.url, { environment: { TRUSTED_PROXIES: '127.0.0.1' } });
      const proxy = await startProxy(name, gateway.latchkey.accessUrl, upstream.url);
      try {
        await gateway.close();
        const answer = await sendRaw(proxy.url, { target: '/crm/a', headers: [bearer(gateway.secret)], from: caller });
        expect([502, 503]).toContain(answer.status);
        if (name !== 'caddy') expect(answer.json).toMatchObject({ status: 'error', category: 'UNAVAILABLE' });
        expect(upstream.calls).toEqual([]);
      } finally {
        await proxy.close();
        await upstream.close();
      }
    });

    it('a proxy that is not trusted lets nobody pass', async () => {
      const upstream = await startUpstream();
      const gateway = await openGateway(upstream.url);
      const proxy = await startProxy(name, gateway.latchkey.accessUrl, upstream.url);
      try {
        const answer = await sendRaw(proxy.url, { target: '/crm/a', headers: [bearer(gateway.secret)], from: caller });
        expectDenial(answer, 'PROXY_NOT_TRUSTED', await gateway.rows.take(1), { peerIp: '127.0.0.1', keyId: gateway.keyId });
        expect(upstream.calls).toEqual([]);
      } finally {
        await proxy.close();
        await gateway.close();
        await upstream.close();
      }
    });
  });
} // prettier-ignore
