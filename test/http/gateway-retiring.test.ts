import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import type { Json } from '../support/latchkey.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const names = ['latchkey-secret-retires', 'deprecation', 'sunset'];

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

  const webSocket: HeaderLine[] = [['Upgrade', 'websocket']];

  it.each<
    [what: string, request: Parameters<typeof call>[1], status: number, behave?: typeof respond]
  >([
    ['a forwarded answer', {}, 200],
    ['the answer to a POST', { method: 'POST' }, 200],
    ['the answer to a HEAD', { method: 'HEAD' }, 200],
    ['a denial for want of a scope', { method: 'DELETE' }, 403],
    ['a 404 of ours', { target: '/nowhere' }, 404],
    ['a 405', { method: 'PUT' }, 405],
    ['a 501', { headers: webSocket }, 501],
    ['a 502', {}, 502, (request) => request.socket.destroy()],
    ['a 504', {}, 504, () => {}],
    [
      'an error of the upstream',
      {},
      500,
      (_request, response) => void response.writeHead(500).end(),
    ],
    ['the answer of self', { target: '/latchkey/v1/self' }, 200],
  ])('on %s', async (_what, request, status, behave) => {
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
    const expected = { 'latchkey-secret-retires': rotation.graceEndsAt, ...kept };
    expect(told(await call(gateway.secret))).toEqual(expected);
  });

  it('whoever uses the new secret, or another key, is told nothing', async () => {
    const other = await gateway.crm.makeKey();
    for (const secret of [rotation.secret, other.secret])
      expect(told(await call(secret))).toEqual({});
  });
});
