import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { expectDenial, expectEnvelope, expectNoSecret } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const readers = [['contacts.read']];
const routes = [
  { method: 'GET', path: '/contacts/{id}', scopeSets: readers },
  { method: 'POST', path: '/contacts/{id}', scopeSets: readers },
  { method: 'DELETE', path: '/contacts/{id}', scopeSets: [['contacts.write']] },
  { method: 'OPTIONS', path: '/menu', scopeSets: readers },
  { method: 'TRACE', path: '/menu', scopeSets: readers },
  { method: 'POST', path: '/only-post', scopeSets: readers },
];

const preflight: HeaderLine[] = [
  ['Origin', 'https://portal.example'],
  ['Access-Control-Request-Method', 'DELETE'],
  ['Access-Control-Request-Headers', 'authorization'],
];

const webSocket: HeaderLine[] = [
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

describe('gateway: methods', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await openGateway(upstream.url, { routes });
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function call(
    method: string,
    target: string,
    headers: readonly HeaderLine[] = [],
  ): Promise<RawAnswer> {
    const own: HeaderLine[] = [['Authorization', `Bearer ${gateway.secret}`]];
    return sendRaw(gateway.latchkey.accessUrl, { method, target, headers: [...own, ...headers] });
  }

  const reached = () => upstream.calls.map(({ method, url }) => `${method} ${url}`);

  it.each([
    ['GET', '/contacts/7', '/contacts/{id}'],
    ['HEAD', '/contacts/7', '/contacts/{id}'],
    ['POST', '/contacts/7', '/contacts/{id}'],
    ['OPTIONS', '/menu', '/menu'],
    ['TRACE', '/menu', '/menu'],
  ])('#20 %s %s goes on as it is', async (method, path, route) => {
    expect((await call(method, `/crm${path}`)).status).toBe(200);
    expect(reached()).toEqual([`${method} ${path}`]);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      ...{ method, path: `/crm${path}`, route, status: 200 },
      ...{ requiredScopes: ['contacts.read'], usedScopes: ['contacts.read'] },
    });
  });

  it.each([
    ['PUT', '/crm/contacts/7', 'GET, HEAD, POST, DELETE'],
    ['TRACE', '/crm/contacts/7', 'GET, HEAD, POST, DELETE'],
    ['OPTIONS', '/crm/contacts/7', 'GET, HEAD, POST, DELETE'],
    ['PURGE', '/crm/contacts/7', 'GET, HEAD, POST, DELETE'],
    ['PROPFIND', '/crm/contacts/7', 'GET, HEAD, POST, DELETE'],
    ['GET', '/crm/menu', 'OPTIONS, TRACE'],
    ['HEAD', '/crm/only-post', 'POST'],
  ])('#20 %s %s → 405, Allow: %s', async (method, target, allow) => {
    const answer = await call(method, target);
    const rows = await gateway.rows.take(1);
    const row = { keyId: gateway.keyId, method, path: target, callerIp: '127.0.0.1', route: null };
    expect(answer.headers.get('allow')).toBe(allow);
    expect(upstream.calls).toEqual([]);
    expectNoSecret([gateway.secret], answer, rows);
    if (method === 'HEAD') {
      expect([answer.status, answer.text]).toEqual([405, '']);
      expect(rows).toMatchObject([{ ...row, status: 405, reason: 'METHOD_NOT_ALLOWED' }]);
    } else {
      expectDenial(answer, 'METHOD_NOT_ALLOWED', rows, row);
    }
  });

  it('#29 HEAD needs the scopes of GET, DELETE its own', async () => {
    const answer = await call('DELETE', '/crm/contacts/7');
    expectDenial(answer, 'SCOPE_MISSING', await gateway.rows.take(1), {
      ...{ keyId: gateway.keyId, method: 'DELETE', route: '/contacts/{id}' },
      ...{ requiredScopes: ['contacts.write'], missingScopes: ['contacts.write'] },
    });
    expect(upstream.calls).toEqual([]);
  });

  it.each(['/crm/contacts/7', '/crm/menu', '/crm/nowhere', '/nowhere'])(
    '#20 a preflight of %s is answered here, without a credential: no cross-origin use',
    async (target) => {
      const answer = await sendRaw(gateway.latchkey.accessUrl, {
        method: 'OPTIONS',
        target,
        headers: preflight,
      });
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.headers.get('vary')).toBe('Origin');
      expect(
        [...answer.headers.keys()].filter((name) => name.startsWith('access-control')),
      ).toEqual([]);
      expect(upstream.calls).toEqual([]);
      expect(await gateway.rows.take(1)).toMatchObject([
        {
          id: answer.headers.get('x-correlation-id'),
          method: 'OPTIONS',
          path: target,
          status: 204,
        },
      ]);
    },
  );

  it('#60 a preflight that carries a secret all the same: it is masked, and goes nowhere', async () => {
    const { secret } = gateway;
    const target = `/crm/menu?hapikey=${secret}`;
    const answer = await sendRaw(gateway.latchkey.accessUrl, {
      method: 'OPTIONS',
      target,
      headers: preflight,
    });
    const rows = await gateway.rows.take(1);
    expect(rows).toMatchObject([{ query: 'hapikey=***', status: 204 }]);
    expectNoSecret([secret], answer, rows);
    expect(upstream.calls).toEqual([]);
  });

  it.each([
    [[['Origin', 'https://portal.example']]],
    [[['Access-Control-Request-Method', 'GET']]],
  ] as const)('#20 OPTIONS with %j only is no preflight', async (headers) => {
    expect((await call('OPTIONS', '/crm/menu', headers)).status).toBe(200);
    expect(reached()).toEqual(['OPTIONS /menu']);
  });

  it.each([
    ['GET', 'websocket'],
    ['GET', 'WebSocket'],
    ['GET', 'h2c, websocket'],
    ['POST', 'websocket'],
  ])(
    '%s with Upgrade: %s is refused clearly, on the log, and never forwarded',
    async (method, protocol) => {
      const headers: HeaderLine[] = [
        ...webSocket.slice(1),
        ['Connection', 'Upgrade'],
        ['Upgrade', protocol],
      ];
      const answer = await call(method, '/crm/contacts/7', headers);
      expect(answer.status).toBe(501);
      expectEnvelope(answer, { reason: 'UPGRADE_NOT_SUPPORTED', category: 'INVALID_REQUEST' });
      const rows = await gateway.rows.take(1);
      expect(rows).toMatchObject([
        {
          ...gateway.row,
          id: answer.json.correlationId,
          method,
          status: 501,
          reason: 'UPGRADE_NOT_SUPPORTED',
        },
      ]);
      expectNoSecret([gateway.secret], answer, rows);
      expect(upstream.calls).toEqual([]);
    },
  );

  it('a WebSocket without a key is denied like anything else', async () => {
    const headers: HeaderLine[] = [...webSocket, ['Connection', 'Upgrade']];
    const target = '/crm/contacts/7';
    const answer = await sendRaw(gateway.latchkey.accessUrl, { target, headers });
    expectDenial(answer, 'CREDENTIALS_MISSING', await gateway.rows.take(1), { path: target });
    expect(upstream.calls).toEqual([]);
  });

  it('another upgrade is an offer that nobody need take: the call goes on without it', async () => {
    const headers: HeaderLine[] = [
      ['Connection', 'Upgrade, HTTP2-Settings'],
      ['Upgrade', 'h2c'],
      ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
    ];
    expect((await call('GET', '/crm/contacts/7', headers)).status).toBe(200);
    expect(upstream.calls[0]?.headers).not.toHaveProperty('upgrade');
    expect(upstream.calls[0]?.headers).not.toHaveProperty('http2-settings');
  });

  it.each([
    '/crm/nowhere',
    '/crm/contacts',
    '/crm/contacts/',
    '/crm/contacts/7/8',
    '/crm',
    '/elsewhere',
    '/',
  ])('#32 %s → 404 under its key, never sent', async (target) => {
    const answer = await call('GET', target);
    const rows = await gateway.rows.take(1);
    const serviceId = target.startsWith('/crm') ? gateway.crm.serviceId : null;
    const row = { keyId: gateway.keyId, method: 'GET', path: target, route: null, serviceId };
    expectDenial(answer, 'ROUTE_UNKNOWN', rows, { ...row, callerIp: '127.0.0.1' });
    expectNoSecret([gateway.secret], answer, rows);
    expect(upstream.calls).toEqual([]);
  });
});
