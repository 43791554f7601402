import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { everyRoute, openGateway, type OpenGateway } from '../support/gateway.js';
import type { Json } from '../support/latchkey.js';
import { openConnection } from '../support/raw-connection.js';
import { sendRaw, type HeaderLine, type RawAnswer } from '../support/raw-http.js';
import { startTcpServer, type TcpServer } from '../support/tcp-server.js';

const mounts: Record<string, Json> = {
  based: { mount: '/based', upstream: '/api/v2' },
  kept: { mount: '/kept', upstream: '/api', stripMount: false },
  whole: { mount: '/', upstream: '' },
};

describe('gateway: the answer a caller gets', () => {
  let gateway: OpenGateway;
  let upstream: TcpServer;
  /** The upstream's answer, byte for byte. */
  let says: string;

  beforeAll(async () => {
    upstream = await startTcpServer((received, socket) => {
      if (received.endsWith('\r\n\r\n')) socket.write(Buffer.from(says, 'latin1'));
    });
    gateway = await openGateway(upstream.url);
    for (const [name, settings] of Object.entries(mounts)) {
      const service = { ...settings, upstream: upstream.url + settings.upstream };
      await gateway.latchkey.manage('PUT', `/v1/services/${name}`, service);
      await gateway.latchkey.manage('PUT', `/v1/services/${name}/routes`, { routes: everyRoute });
    }
  });

  beforeEach(() => gateway.rows.skip());

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  type How = 'hapikey' | 'bearer' | 'access_token';

  async function ask(
    head: string,
    request: { target?: string; method?: string; how?: How; secret?: string; body?: string } = {},
  ): Promise<RawAnswer> {
    const {
      target = '/crm/a',
      method,
      how = 'bearer',
      secret = gateway.secret,
      body = '',
    } = request;
    says = `HTTP/1.1 ${head}\r\n${body === '' ? '' : `Content-Length: ${body.length}\r\n`}\r\n${body}`;
    const headers: HeaderLine[] = [];
    if (how === 'bearer') headers.push(['Authorization', `Bearer ${secret}`]);
    if (how === 'access_token') headers.push(['X-Access-Token', secret]);
    const query = how === 'hapikey' ? `?hapikey=${secret}` : '';
    return sendRaw(gateway.latchkey.accessUrl, {
      ...(method && { method }),
      target: target + query,
      headers,
    });
  }

  const linesOf = ({ raw }: RawAnswer) =>
    raw.slice(0, raw.indexOf('\r\n\r\n')).split('\r\n').slice(1);

  it('goes on as it came: names, order, repetition and bytes', async () => {
    const lines = [
      'sEt-Cookie: a=1; Path=/',
      'X-Latin: Zo\xeb',
      'X-Utf8: Zo\xc3\xab',
      'Set-Cookie: b=2; HttpOnly',
      'WWW-Authenticate: Basic realm="a"',
      'WWW-Authenticate: Digest realm="b"',
      'ETag: W/"a"',
      'X-Empty:',
      'Date: Thu, 01 Jan 1970 00:00:00 GMT',
      'Server: upstream/1',
    ];
    const answer = await ask(`401 Nope\r\n${lines.join('\r\n')}`, { body: 'a' });
    expect(answer.status).toBe(401);
    expect(linesOf(answer).slice(0, lines.length)).toEqual(
      lines.map((line) => line.replace(/:$/, ': ')),
    );
    expect(linesOf(answer).filter((line) => /^(?:date|server):/i.test(line))).toHaveLength(2);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      status: 401,
      upstreamStatus: 401,
      reason: null,
    });
  });

  it('what belongs to one connection stays on it, and what is ours is ours', async () => {
    const lines = [
      ...[
        'Connection: X-One, keep-alive',
        'X-One: hop',
        'Keep-Alive: timeout=66',
        'Proxy-Authenticate: hop',
      ],
      ...[
        'Upgrade: hop',
        'Trailer: hop',
        'X-Correlation-Id: theirs',
        'Latchkey-Secret-Retires: theirs',
      ],
    ];
    const answer = await ask(`200 OK\r\n${lines.join('\r\n')}`, { body: 'a' });
    expect(linesOf(answer).filter((line) => /hop|theirs|66/.test(line))).toEqual([]);
    expect(answer.headers.get('x-correlation-id')).toBe((await gateway.takeRow())['id']);
    expect(answer.headers.has('latchkey-secret-retires')).toBe(false);
  });

  it.each([
    ['200 OK', 'HEAD', 'Content-Length: 1234\r\nETag: "a"'],
    ['304 Not Modified', 'GET', 'ETag: "a"\r\nContent-Length: 1234'],
    ['204 No Content', 'DELETE', 'X-A: a'],
    ['299 Whatever', 'GET', 'Content-Length: 0'],
    ['599 Whatever', 'GET', 'Content-Length: 0'],
  ])('%s to %s has no body, and what it says of one is kept', async (status, method, lines) => {
    const answer = await ask(`${status}\r\n${lines}`, { method });
    expect([answer.status, answer.text]).toEqual([Number(status.slice(0, 3)), '']);
    for (const line of lines.split('\r\n')) expect(linesOf(answer)).toContain(line);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      method,
      status: answer.status,
    });
  });

  it('an answer that ends with its connection ends with chunks here, or with the connection for HTTP/1.0', async () => {
    const closing = await startTcpServer((_received, socket) =>
      socket.end('HTTP/1.1 200 OK\r\n\r\nto the end'),
    );
    const { latchkey, secret } = gateway;
    await latchkey.manage('PUT', '/v1/services/closing', {
      mount: '/closing',
      upstream: closing.url,
    });
    await latchkey.manage('PUT', '/v1/services/closing/routes', { routes: everyRoute });
    const target = '/closing/a';
    const headers = [['X-Access-Token', secret]] as const;
    const answer = await sendRaw(latchkey.accessUrl, { target, headers });
    expect([answer.headers.get('transfer-encoding'), answer.text]).toEqual([
      'chunked',
      'to the end',
    ]);
    const old = await openConnection(latchkey.accessUrl);
    await old.write(`GET /closing/a HTTP/1.0\r\nX-Access-Token: ${secret}\r\n\r\n`);
    const received = await old.untilClosed();
    expect(received).toMatch(/\r\n\r\nto the end$/);
    expect(received).not.toMatch(/transfer-encoding/i);
    await closing.close();
  });

  it.each([
    // [target, Location as the upstream sends it (<up> is its origin), as the caller gets it]
    ['/crm/a', '<up>/b?c#d', '/crm/b?c#d'],
    ['/crm/a', '/b', '/crm/b'],
    ['/crm/a', '<up>', '/crm/'],
    ['/crm/a', '<up>?a', '/crm/?a'],
    ['/crm/a', '//<host>/b', '/crm/b'],
    ['/crm/a', '<UP>/b', '/crm/b'],
    ['/crm/a', 'b', 'b'],
    ['/crm/a', '../b', '../b'],
    ['/crm/a', '?page=2', '?page=2'],
    ['/crm/a', '#a', '#a'],
    ['/crm/a', '', ''],
    ['/crm/a', 'https://elsewhere.example/b', 'https://elsewhere.example/b'],
    ['/crm/a', '//elsewhere.example/b', '//elsewhere.example/b'],
    ['/crm/a', '<up>.evil.example/b', '<up>.evil.example/b'],
    ['/crm/a', 'mailto:a@b.example', 'mailto:a@b.example'],
    ['/crm/a', '<up>/%2f..%2fa', '/crm/%2f..%2fa'],
    ['/crm/a', 'http://[', 'http://['],
    ['/based/a', '<up>/api/v2/b', '/based/b'],
    ['/based/a', '/api/v2/b', '/based/b'],
    ['/based/a', '/api/v2', '/based/'],
    ['/based/a', '/api/v2?c', '/based/?c'],
    ['/based/a', '/api/v20/b', '/api/v20/b'],
    ['/based/a', '<up>/other', '<up>/other'],
    ['/kept/a', '<up>/api/kept/b', '/kept/b'],
    ['/kept/a', '/api/kept/b?c', '/kept/b?c'],
    ['/a', '<up>/b', '/b'],
    ['/a', '/b', '/b'],
  ])('at %s a Location %j comes back as %j', async (target, location, expected) => {
    const { origin, host } = new URL(upstream.url);
    const filled = (text: string) =>
      text.replace('<up>', origin).replace('<UP>', origin.toUpperCase()).replace('<host>', host);
    for (const name of ['Location', 'Content-Location']) {
      const answer = await ask(`302 Found\r\n${name}: ${filled(location)}`, { target, body: 'a' });
      expect(answer.headers.get(name.toLowerCase())).toBe(filled(expected));
    }
  });

  it('a Location never leads to another host by losing its own', async () => {
    for (const target of ['/a', '/kept/a']) {
      const answer = await ask(`302 Found\r\nLocation: ${upstream.url}/api//evil.example/b`, {
        target,
        body: 'a',
      });
      expect(answer.headers.get('location')).not.toMatch(/^[/\\]{2}/);
      const second = await ask(`302 Found\r\nLocation: ${upstream.url}//evil.example/b`, {
        target,
        body: 'a',
      });
      expect(second.headers.get('location')).not.toMatch(/^[/\\]{2}/);
    }
  });

  it.each([
    [[], 'private'],
    [['max-age=60'], 'max-age=60, private'],
    [['public, max-age=60'], 'max-age=60, private'],
    [['PUBLIC, S-MaxAge=60, max-age=60'], 'max-age=60, private'],
    [['s-maxage=60', 'public'], 'private'],
    [['private, max-age=60'], 'private, max-age=60'],
    [['private="set-cookie, x-a", public'], 'private="set-cookie, x-a", private'],
    [['no-store'], 'no-store'],
    [['no-cache, public'], 'no-cache, private'],
    [['community="a, public", public'], 'community="a, public", private'],
    [[''], 'private'],
  ])(
    'Cache-Control %j: a shared cache is kept from what hapikey and X-Access-Token opened',
    async (lines, expected) => {
      const head = ['200 OK', ...lines.map((line) => `Cache-Control: ${line}`)].join('\r\n');
      for (const how of ['hapikey', 'access_token'] as const) {
        const answer = await ask(head, { how, body: 'a' });
        expect(linesOf(answer).filter((line) => /^cache-control:/i.test(line))).toEqual([
          `Cache-Control: ${expected}`,
        ]);
      }
      const asBearer = await ask(head, { body: 'a' });
      expect(linesOf(asBearer).filter((line) => /^cache-control:/i.test(line))).toEqual(
        lines.map((line) => `Cache-Control: ${line}`),
      );
    },
  );
});
