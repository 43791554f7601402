import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { openConnection } from '../support/raw-connection.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** In place of the one Host line. */
  readonly host?: string;
  readonly lines?: string;
  readonly body?: string;
  /** In place of everything. */
  readonly bytes?: string;
  readonly status?: number;
  readonly reason?: string;
}

const smuggled = 'GET /crm/smuggled HTTP/1.1\r\nHost: a\r\nX-Access-Token: <secret>\r\n\r\n';
const chunked = '5\r\nhello\r\n0\r\n\r\n';
const tooLarge = { status: 431, reason: 'HEADERS_TOO_LARGE' };

// `<secret>` stands for a genuine one: each would be let through if it were read as a request.
const cases: Case[] = [
  { name: '#81 a length and chunks', method: 'POST', lines: 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', body: chunked },
  { name: '#81 chunks and a length that hides a request', method: 'POST', lines: `Transfer-Encoding: chunked\r\nContent-Length: ${5 + smuggled.length}\r\n`, body: `0\r\n\r\n${smuggled}` },
  { name: '#81 two lengths', method: 'POST', lines: 'Content-Length: 5\r\nContent-Length: 6\r\n', body: 'hello' },
  { name: '#81 one length, twice', method: 'POST', lines: 'Content-Length: 5\r\nContent-Length: 5\r\n', body: 'hello' },
  { name: '#81 a list of lengths', method: 'POST', lines: 'Content-Length: 5, 5\r\n', body: 'hello' },
  { name: '#81 a length with a sign', method: 'POST', lines: 'Content-Length: +5\r\n', body: 'hello' },
  { name: '#81 a negative length', method: 'POST', lines: 'Content-Length: -1\r\n', body: 'hello' },
  { name: '#81 a hexadecimal length', method: 'POST', lines: 'Content-Length: 0x5\r\n', body: 'hello' },
  { name: '#81 a length beyond all numbers', method: 'POST', lines: 'Content-Length: 99999999999999999999\r\n', body: 'hello' },
  { name: '#81 gzip before chunked', method: 'POST', lines: 'Transfer-Encoding: gzip, chunked\r\n', body: `${chunked}${smuggled}` },
  { name: '#81 gzip after chunked', method: 'POST', lines: 'Transfer-Encoding: chunked, gzip\r\n', body: chunked },
  { name: '#81 chunked, twice', method: 'POST', lines: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', body: chunked },
  { name: '#81 chunked and identity', method: 'POST', lines: 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n', body: chunked },
  { name: '#81 identity', method: 'POST', lines: 'Transfer-Encoding: identity\r\n', body: 'hello' },
  { name: '#81 an unknown encoding', method: 'POST', lines: 'Transfer-Encoding: xchunked\r\n', body: chunked },
  { name: '#81 an empty encoding', method: 'POST', lines: 'Transfer-Encoding: \r\nContent-Length: 5\r\n', body: 'hello' },
  { name: '#81 a space before the colon', method: 'POST', lines: 'Transfer-Encoding : chunked\r\n', body: chunked },
  { name: '#81 a folded line', method: 'POST', lines: 'Transfer-Encoding:\r\n chunked\r\n', body: chunked },
  { name: 'two Hosts', host: 'Host: a\r\nHost: a\r\n' },
  { name: 'two Hosts that differ, in different case', host: 'Host: a\r\nhOST: b\r\n' },
  { name: 'no Host', host: '' },
  { name: 'CONNECT', method: 'CONNECT', target: 'a:443' },
  { name: 'an expectation that is none of ours', lines: 'Expect: 200-ok\r\n', status: 417, reason: 'EXPECTATION_FAILED' },
  { name: 'a raw NUL in a header', lines: 'X-A: a\0b\r\n' },
  { name: 'a raw NUL in the target', target: '/crm/a\0' },
  { name: 'a bare CR in a header', lines: 'X-A: a\rX-B: b\r\n' },
  { name: 'a header folded over two lines', lines: 'X-A: a\r\n b\r\n' },
  { name: 'a header without a colon', lines: 'X-A\r\n' },
  { name: 'a header name with a space', lines: 'X A: a\r\n' },
  { name: 'an empty header name', lines: ': a\r\n' },
  { name: '#18 1,100 header lines', lines: 'X-A: a\r\n'.repeat(1_100), ...tooLarge },
  { name: 'a header of 100 KB', lines: `X-A: ${'a'.repeat(100_000)}\r\n`, ...tooLarge },
  { name: 'a method in lower case', method: 'get' },
  { name: 'a method that is none', method: 'G@T' },
  { name: 'raw UTF-8 in the target', target: '/crm/\xc3\xa9' },
  { name: 'a space in the target', target: '/crm/a b' },
  { name: '#81 chunks in HTTP/1.0', method: 'POST', version: 'HTTP/1.0', lines: 'Transfer-Encoding: chunked\r\n', body: `${chunked}${smuggled}` },
  { name: 'a request line that says HTTP/2.0', version: 'HTTP/2.0' },
  { name: 'HTTP/1.2', version: 'HTTP/1.2' },
  { name: 'HTTP/2 by hand', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'HTTP/0.9', bytes: 'GET /crm/a?hapikey=<secret>\r\n\r\n' },
  { name: 'TLS', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
]; // prettier-ignore

function bytesOf(each: Case, secret: string): string {
  const { method = 'GET', target = '/crm/a', version = 'HTTP/1.1', lines = '', body = '' } = each;
  const host = each.host ?? 'Host: a\r\n';
  const token = 'X-Access-Token: <secret>\r\n';
  const bytes =
    each.bytes ?? `${method} ${target} ${version}\r\n${host}${token}${lines}\r\n${body}`;
  return bytes.replaceAll('<secret>', secret);
}

describe('gateway: what is no request', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    gateway = await openGateway(upstream.url);
  });

  beforeEach(async () => {
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  it.each(cases.map((each) => [each.name, each] as const))(
    '%s → one envelope, a closed connection, no call, nothing for the upstream',
    async (_name, each) => {
      const { status = 400, reason = 'REQUEST_MALFORMED' } = each;
      const caller = await openConnection(gateway.latchkey.accessUrl);
      void caller.write(bytesOf(each, gateway.secret));
      const received = await caller.untilClosed();
      caller.reset();
      expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
      expect(received.match(/^connection: close\r$/gim)).toHaveLength(1);
      const envelope = JSON.parse(received.slice(received.indexOf('\r\n\r\n')));
      expect(envelope).toMatchObject({
        status: 'error',
        reason,
        correlationId: expect.stringMatching(/^call_/),
      });
      expect(received).not.toContain(gateway.secret);
      expect(upstream.calls).toEqual([]);
      expect(await gateway.rows.take(0)).toEqual([]);
    },
  );

  it('the same bytes without the fault are a call', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(bytesOf({ name: '', lines: 'Connection: close\r\n' }, gateway.secret));
    expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.calls).toHaveLength(1);
  });

  const connect = 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n';

  it('CONNECT behind a call that is not answered yet ends the connection, and stands in no place of its answer', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(bytesOf({ name: '' }, gateway.secret) + connect);
    expect(await caller.untilClosed()).toBe('');
  });

  it('CONNECT behind one that is answered is refused', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(bytesOf({ name: '' }, gateway.secret));
    await caller.until(/\{"ok":true\}/);
    await caller.write(connect);
    const received = await caller.untilClosed();
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it.each(['access', 'management'] as const)(
    'a reset right after a call and CONNECT harms nobody, on the %s listener',
    async (listener) => {
      const { accessUrl, managementUrl } = gateway.latchkey;
      const origin = listener === 'access' ? accessUrl : managementUrl;
      for (let round = 0; round < 20; round += 1) {
        const callers = await Promise.all(Array.from({ length: 10 }, () => openConnection(origin)));
        for (const [i, caller] of callers.entries()) {
          await caller.write(
            bytesOf({ name: '', target: i % 2 === 0 ? '/crm/a' : '/v1/accounts' }, gateway.secret) +
              connect,
          );
          if (i % 3 > 0) await sleep(i % 3);
          caller.reset();
        }
      }
      const { secret } = gateway;
      expect((await gateway.latchkey.call('GET', '/crm/a', { secret })).status).toBe(200);
      expect((await gateway.latchkey.ask('GET', '/v1/accounts')).status).toBe(401);
    },
  );

  it('HTTP/1.0 needs no Host', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(bytesOf({ name: '', version: 'HTTP/1.0', host: '' }, gateway.secret));
    expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
    expect(upstream.calls[0]?.headers).not.toHaveProperty('x-forwarded-host');
    expect(upstream.calls[0]?.headers['via']).toBe('1.0 latchkey');
  });

  it.each([
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['what is no HTTP', '\0\0\0\0\r\n\r\n'],
    ['half a request', 'GET /crm/a HTTP/1.1\r\nHo'],
  ])('a reset right after %s harms nobody', async (_name, bytes) => {
    const callers = await Promise.all(
      Array.from({ length: 50 }, () => openConnection(gateway.latchkey.accessUrl)),
    );
    await Promise.all(
      callers.map(async (caller) => {
        await caller.write(bytes);
        caller.reset();
      }),
    );
    const { secret } = gateway;
    expect((await gateway.latchkey.call('GET', '/crm/a', { secret })).status).toBe(200);
  });
});
