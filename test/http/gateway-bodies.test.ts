import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { openConnection } from '../support/raw-connection.js';
import { until } from '../support/until.js';

const megabyte = 1024 * 1024;
const piece = randomBytes(64 * 1024);
/** 10 MB. */
const pieces = 160;
const sha256OfPieces = createHash('sha256');
for (let i = 0; i < pieces; i += 1) sha256OfPieces.update(piece);
const wholeDigest = sha256OfPieces.digest('hex');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A promise that is resolved from outside. */
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
    return new Promise((resolve) =>
      target.write(chunk) ? resolve() : target.once('drain', resolve),
    );
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
      let seen = {};
      onCall = async (request, response) => {
        seen = request.headers;
        response.end(await digestOf(request, first.open));
      };
      const { request, answer } = begin('PUT', headers);
      await write(request, piece);
      await first.opened;
      for (let i = 1; i < pieces; i += 1) await write(request, piece);
      request.end();
      expect(await text(await answer)).toBe(wholeDigest);
      expect(seen).toMatchObject(framing);
      expect(await gateway.takeRow()).toMatchObject({
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

  // What the kernel's socket buffers take on both hops, up to 36 MB each, is no memory of ours.
  const pushedMax = 160 * megabyte;
  const inKernelMax = 96 * megabyte;
  const inMemoryMax = 8 * megabyte;

  /** Bytes of buffers that are held: those that were let go of are counted until a thread of V8's has seen to them. */
  function bytesHeld(): number {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  }

  it('#88 an upstream that does not read holds the caller back, and nothing piles up here', async () => {
    const reading = gate();
    onCall = async (request, response) => {
      await reading.opened;
      response.end(String((await text(request)).length > 0));
    };
    const { request, answer } = begin('POST');
    const before = bytesHeld();
    const taken = await pushUntilStuck(request, pushedMax);
    expect(taken).toBeLessThan(inKernelMax);
    await until('little is held', () => bytesHeld() - before < inMemoryMax);
    reading.open();
    request.end();
    expect(await text(await answer)).toBe('true');
  });

  it('#88 a caller that does not read holds the upstream back, and nothing piles up here', async () => {
    const stuck = gate();
    let taken = 0;
    onCall = async (_request, response) => {
      taken = await pushUntilStuck(response, pushedMax);
      stuck.open();
      response.end();
    };
    const before = bytesHeld();
    const { request, answer } = begin('GET');
    request.end();
    const response = await answer;
    await stuck.opened;
    expect(taken).toBeLessThan(inKernelMax);
    await until('little is held', () => bytesHeld() - before < inMemoryMax);
    response.resume();
    await new Promise((resolve) => response.once('end', resolve));
  });

  it('an upstream that answers before it has read the body: the caller gets that answer and is not cut off', async () => {
    onCall = (request, response) => {
      if (request.method === 'GET') return void response.end('next');
      // Nothing is read, so that what is sent piles up on the way.
      setTimeout(() => response.writeHead(413, { 'content-length': 8 }).end('too much'), 100);
    };
    const head = (method: string, length: number) =>
      `${method} /crm/files HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: ${length}\r\n\r\n`;
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(head('POST', pieces * piece.length));
    const sent: Promise<void>[] = [];
    for (let i = 0; i < pieces; i += 1) sent.push(caller.write(piece));
    expect(await caller.until(/too much$/)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      ...{ method: 'POST', status: 413, upstreamStatus: 413, responseBytes: 8 },
    });
    await Promise.all(sent);
    await caller.write(head('GET', 0));
    expect(await caller.until(/next$/)).toMatch(/too muchHTTP\/1\.1 200 /);
    caller.reset();
  });

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
      const { method: sent, headers } = request;
      response.end(`${sent}:${await text(request)}:${headers.expect ?? 'no Expect'}`);
    };
    const connection = await openConnection(gateway.latchkey.accessUrl);
    await connection.write(
      `${method} /crm/files HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nConnection: close\r\n${rest}`,
    );
    const wanted = `${method}:${body}:no Expect`;
    expect((await connection.untilClosed()).split('\r\n\r\n').at(-1)).toBe(wanted);
    expect(reached).toBe(1);
    // A safe call's row is written before its answer.
    const responseBytes = method === 'GET' ? null : wanted.length;
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      method,
      status: 200,
      requestBytes: body.length,
      responseBytes,
    });
  });
});
