import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { openConnection } from '../support/raw-connection.js';

const megabyte = 1024 * 1024;
const piece = randomBytes(64 * 1024);
/** 10 MB. */
const pieces = 160;
const sha256OfPieces = createHash('sha256');
for (let i = 0; i < pieces; i += 1) sha256OfPieces.update(piece);
const wholeDigest = sha256OfPieces.digest('hex');

/** Resolves `promise` from outside. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

async function digestOf(stream: AsyncIterable<Buffer>, onFirst: () => void): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) {
    hash.update(chunk);
    onFirst();
  }
  return hash.digest('hex');
}

describe('gateway: bodies', () => {
  let gateway: OpenGateway;
  let upstream: HttpServer;
  let onCall: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  let reached: number;

  beforeAll(async () => {
    upstream = await startHttpServer((request, response) => {
      reached += 1;
      void onCall(request, response);
    });
    gateway = await openGateway(upstream.url);
  });

  beforeEach(async () => {
    reached = 0;
    await gateway.rows.skip();
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Begins a call whose body is still to be written. */
  function begin(
    method: string,
    headers: Record<string, string> = {},
  ): {
    readonly request: ReturnType<typeof httpRequest>;
    readonly answer: Promise<IncomingMessage>;
  } {
    const request = httpRequest(`${gateway.latchkey.accessUrl}/crm/files`, {
      method,
      agent: false,
      headers: { authorization: `Bearer ${gateway.secret}`, ...headers },
    });
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      request.on('response', resolve);
      request.on('error', reject);
    });
    return { request, answer };
  }

  function write(target: NodeJS.WritableStream, chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (target.write(chunk)) return resolve();
      target.once('drain', resolve).once('close', resolve);
    });
  }

  it.each([
    ['chunked', {}, { 'transfer-encoding': 'chunked' }],
    [
      'with its length',
      { 'content-length': String(10 * megabyte) },
      { 'content-length': '10485760' },
    ],
  ])(
    '#88 10 MB up, %s: the upstream has the first bytes before the last are sent',
    async (_name, headers, framing) => {
      const first = gate();
      onCall = async (request, response) => {
        expect(request.headers).toMatchObject(framing);
        response.end(await digestOf(request, first.open));
      };
      const { request, answer } = begin('PUT', headers);
      await write(request, piece);
      await first.opened;
      for (let i = 1; i < pieces; i += 1) await write(request, piece);
      request.end();
      expect(await text(await answer)).toBe(wholeDigest);
      const [row, ...more] = await gateway.rows.take(1);
      expect(more).toEqual([]);
      expect(row).toMatchObject({
        ...gateway.row,
        method: 'PUT',
        status: 200,
        requestBytes: 10 * megabyte,
        responseBytes: 64,
      });
    },
  );

  it.each([
    ['chunked', {}, 'transfer-encoding', 'chunked'],
    ['with its length', { 'content-length': 10 * megabyte }, 'content-length', '10485760'],
  ])(
    '#88 10 MB down, %s: the caller has the first bytes before the last are sent',
    async (_name, headers, framing, value) => {
      const first = gate();
      onCall = async (_request, response) => {
        response.writeHead(200, headers);
        await write(response, piece);
        await first.opened;
        for (let i = 1; i < pieces; i += 1) await write(response, piece);
        response.end();
      };
      const { request, answer } = begin('GET');
      request.end();
      const response = await answer;
      expect(response.headers[framing]).toBe(value);
      expect(await digestOf(response, first.open)).toBe(wholeDigest);
      expect(await gateway.rows.take(1)).toMatchObject([{ ...gateway.row, status: 200 }]);
    },
  );

  /** Hands on pieces for as long as they are taken. @returns bytes taken when nothing has moved for a while */
  async function pushUntilStuck(target: NodeJS.WritableStream, bytesMax: number): Promise<number> {
    let taken = 0;
    while (taken < bytesMax) {
      const moved = await Promise.race([
        write(target, piece).then(() => true),
        new Promise<false>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
      if (!moved) break;
      taken += piece.length;
    }
    return taken;
  }

  // What the kernel's socket buffers on both hops take is no memory of ours.
  const inKernelMax = 24 * megabyte;

  it('#88 an upstream that does not read holds the caller back, and nothing piles up here', async () => {
    const reading = gate();
    onCall = async (request, response) => {
      await reading.opened;
      response.end(String((await text(request)).length > 0));
    };
    const { request, answer } = begin('POST');
    const before = process.memoryUsage().arrayBuffers;
    const taken = await pushUntilStuck(request, 64 * megabyte);
    expect(taken).toBeLessThan(inKernelMax);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * megabyte);
    reading.open();
    request.end();
    expect(await text(await answer)).toBe('true');
  });

  it('#88 a caller that does not read holds the upstream back, and nothing piles up here', async () => {
    const stuck = gate();
    let taken = 0;
    onCall = async (_request, response) => {
      taken = await pushUntilStuck(response, 64 * megabyte);
      stuck.open();
      response.end();
    };
    const before = process.memoryUsage().arrayBuffers;
    const { request, answer } = begin('GET');
    request.end();
    const response = await answer;
    await stuck.opened;
    expect(taken).toBeLessThan(inKernelMax);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * megabyte);
    response.resume();
    await new Promise((resolve) => response.once('end', resolve));
  });

  it.each([
    ['waits', false],
    ['closes the connection', true],
  ])(
    'an upstream that answers before it has read the body, and then %s: the caller gets that answer',
    async (_name, closes) => {
      onCall = (request, response) => {
        request.once('data', () => {
          request.pause();
          response.writeHead(413, {
            'content-type': 'text/plain',
            ...(closes && { connection: 'close' }),
          });
          response.end('too much');
        });
      };
      const { request, answer } = begin('POST');
      const broken: Error[] = [];
      request.on('error', (error) => broken.push(error));
      await write(request, piece);
      const response = await answer;
      expect([response.statusCode, await text(response)]).toEqual([413, 'too much']);
      // Who is in the middle of sending may go on, and is not cut off.
      for (let i = 1; i < 32; i += 1) await write(request, piece);
      request.end();
      await new Promise((resolve) => request.once('close', resolve));
      expect(broken).toEqual([]);
      const [row, ...more] = await gateway.rows.take(1);
      expect(more).toEqual([]);
      expect(row).toMatchObject({
        ...gateway.row,
        method: 'POST',
        status: 413,
        upstreamStatus: 413,
        responseBytes: 8,
      });
    },
  );

  it.each([
    ['GET with a length', 'GET', 'Content-Length: 5\r\n\r\nhello', 'hello'],
    ['GET in chunks', 'GET', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ['DELETE with a length', 'DELETE', 'Content-Length: 5\r\n\r\nhello', 'hello'],
    ['POST, small', 'POST', 'Content-Length: 5\r\n\r\nhello', 'hello'],
    [
      'POST in chunks with extensions and a trailer',
      'POST',
      'Transfer-Encoding: chunked\r\n\r\n2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\nX-After: 1\r\n\r\n',
      'hello',
    ],
    ['POST of nothing', 'POST', 'Content-Length: 0\r\n\r\n', ''],
    ['POST of no chunks', 'POST', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', ''],
    [
      'POST after 100-continue',
      'POST',
      'Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
      'hello',
    ],
  ])('%s: the body arrives whole, and the row counts it', async (_name, method, rest, body) => {
    onCall = async (request, response) => {
      expect(request.headers.expect).toBeUndefined();
      response.end(`${request.method}:${await text(request)}`);
    };
    const connection = await openConnection(gateway.latchkey.accessUrl);
    await connection.write(
      `${method} /crm/files HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nConnection: close\r\n${rest}`,
    );
    const received = await connection.untilClosed();
    expect(received).toContain(`\r\n\r\n${method}:${body}`.slice(4));
    expect(reached).toBe(1);
    const responseBytes =
      method === 'GET' ? {} : { responseBytes: method.length + 1 + body.length };
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      method,
      status: 200,
      requestBytes: body.length,
      ...responseBytes,
    });
  });
});
