import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { send, type Json } from '../support/latchkey.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const names = ['latchkey-secret-retires', 'link', 'deprecation', 'sunset'];
const link = '</latchkey/guides/rotation>; rel="deprecation"; type="text/html"';

describe('gateway: who still uses a retiring secret is told', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  let rotation: Json;
  let ours: Record<string, string>;

  beforeAll(async () => {
    upstream = await startUpstream((request, response) => respond(request, response));
    const routes = ['GET', 'POST', 'DELETE'].map((method) => ({
      method,
      path: '/*',
      scopeSets: [[method === 'DELETE' ? 'contacts.write' : 'contacts.read']],
    }));
    gateway = await openGateway(upstream.url, { routes, service: { timeoutMs: 200 } });
    const { crm, keyId, latchkey } = gateway;
    const path = `/v1/accounts/${crm.accountId}/keys/${keyId}/rotations`;
    rotation = await latchkey.manage('POST', path, { graceSeconds: 3600 });
    ours = {
      'latchkey-secret-retires': rotation.graceEndsAt,
      link,
      deprecation: `@${Math.floor(Date.parse(rotation.startedAt) / 1000)}`,
      sunset: new Date(rotation.graceEndsAt).toUTCString(),
    };
  });

  beforeEach(async () => {
    respond = (_request, response) => void response.end('ok');
    await gateway.rows.skip();
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function call(
    secret: string,
    request: { method?: string; target?: string; headers?: readonly HeaderLine[] } = {},
  ): Promise<RawAnswer> {
    const { method = 'GET', target = '/crm/a', headers = [] } = request;
    const own: HeaderLine[] = [['Authorization', `Bearer ${secret}`]];
    return sendRaw(gateway.latchkey.accessUrl, { method, target, headers: [...own, ...headers] });
  }

  function told(answer: RawAnswer): Record<string, string> {
    return Object.fromEntries([...answer.headers].filter(([name]) => names.includes(name)));
  }

  interface Case {
    readonly on: string;
    readonly request?: Parameters<typeof call>[1];
    readonly status: number;
    readonly behave?: typeof respond;
  }
  const cases: Case[] = [
    { on: 'a forwarded answer', status: 200 },
    { on: 'the answer to a POST', request: { method: 'POST' }, status: 200 },
    { on: 'the answer to a HEAD', request: { method: 'HEAD' }, status: 200 },
    { on: 'a denial for want of a scope', request: { method: 'DELETE' }, status: 403 },
    { on: 'a 404 of ours', request: { target: '/nowhere' }, status: 404 },
    { on: 'a 405', request: { method: 'PUT' }, status: 405 },
    { on: 'a 501', request: { headers: [['Upgrade', 'websocket']] }, status: 501 },
    { on: 'a 502', status: 502, behave: (request) => request.socket.destroy() },
    { on: 'a 504', status: 504, behave: () => {} },
    {
      on: "an upstream's error",
      status: 500,
      behave: (_, response) => response.writeHead(500).end(),
    },
    { on: 'the answer of self', request: { target: '/latchkey/v1/self' }, status: 200 },
  ];

  it.each(cases.map((each) => [each.on, each] as const))('on %s', async (_on, each) => {
    const { request, status, behave } = each;
    if (behave !== undefined) respond = behave;
    const answer = await call(gateway.secret, request);
    expect(answer.status).toBe(status);
    expect(told(answer)).toEqual(ours);
    const row = await gateway.takeRow();
    expect(row).toMatchObject({
      keyId: gateway.keyId,
      status,
      rotationId: rotation.id,
      secretState: 'retiring',
    });
  });

  it.each([
    ['Deprecation', { Deprecation: '@1' }, { deprecation: '@1' }],
    [
      'Sunset',
      { Sunset: 'Thu, 01 Jan 2099 00:00:00 GMT' },
      { sunset: 'Thu, 01 Jan 2099 00:00:00 GMT' },
    ],
    [
      'both',
      { Deprecation: '@1', Sunset: 'Thu, 01 Jan 2099 00:00:00 GMT' },
      { deprecation: '@1', sunset: 'Thu, 01 Jan 2099 00:00:00 GMT' },
    ],
  ])("the upstream's own word goes before ours: %s", async (_which, headers, kept) => {
    respond = (_request, response) => void response.writeHead(200, headers).end('ok');
    const expected = { 'latchkey-secret-retires': rotation.graceEndsAt, link, ...kept };
    expect(told(await call(gateway.secret))).toEqual(expected);
  });

  it("a Link of the upstream's stays beside ours", async () => {
    const theirs = '</crm/b>; rel="next"';
    respond = (_request, response) => void response.writeHead(200, { Link: theirs }).end('ok');
    expect(told(await call(gateway.secret)).link).toBe(`${theirs}, ${link}`);
  });

  it('the Link leads to a page that says what to do', async () => {
    const page = await send(gateway.latchkey.accessUrl, 'GET', '/latchkey/guides/rotation');
    expect([page.status, page.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(page.text).toContain('<h1>Your secret is being replaced</h1>');
  });

  it('the account says where it leads, and can do without Deprecation and Sunset', async () => {
    const { latchkey, crm } = gateway;
    const policy = `/v1/accounts/${crm.accountId}/policy`;
    await latchkey.manage('PUT', policy, {
      rotationGuideUrl: 'https://donut.example/rotate>?a=b c',
    });
    const elsewhere =
      '<https://donut.example/rotate%3E?a=b%20c>; rel="deprecation"; type="text/html"';
    expect(told(await call(gateway.secret))).toEqual({ ...ours, link: elsewhere });
    await latchkey.manage('PUT', policy, { deprecationHeaders: false });
    const retires = { 'latchkey-secret-retires': rotation.graceEndsAt, link };
    expect(told(await call(gateway.secret))).toEqual(retires);
    expect(told(await call(gateway.secret, { target: '/latchkey/v1/self' }))).toEqual(retires);
    await latchkey.manage('PUT', policy, {});
    expect(told(await call(gateway.secret))).toEqual(ours);
  });

  it('on the management listener as well, denied or not', async () => {
    const { latchkey, crm } = gateway;
    const scopes = ['latchkey.accounts.read'];
    const { id, secret } = await crm.makeKey({ scopes });
    const path = `/v1/accounts/${crm.accountId}/keys/${id}/rotations`;
    const { graceEndsAt } = await latchkey.manage('POST', path, { graceSeconds: 3600 });
    for (const [target, status] of [
      ['/v1/accounts', 200],
      ['/v1/scopes', 403],
      ['/v1/none', 404],
    ] as const) {
      const answer = await latchkey.ask('GET', target, { secret });
      expect([answer.status, answer.headers.get('latchkey-secret-retires')]).toEqual([
        status,
        graceEndsAt,
      ]);
      expect(answer.headers.get('link')).toBe(link);
    }
    expect((await latchkey.ask('GET', '/v1/accounts')).headers.get('link')).toBeNull();
  });

  it('whoever uses the new secret, or another key, is told nothing', async () => {
    const other = await gateway.crm.makeKey();
    for (const secret of [rotation.secret, other.secret])
      expect(told(await call(secret))).toEqual({});
  });
});
