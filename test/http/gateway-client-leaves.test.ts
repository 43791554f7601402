import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { openConnection, type RawConnection } from '../support/raw-connection.js';

const patienceMs = 5_000;
const left = { status: 499, reason: 'CLIENT_CLOSED', upstreamStatus: null, responseBytes: null };

describe('gateway: #87 a caller that leaves', () => {
  let gateway: OpenGateway;
  let upstream: HttpServer;
  let callLog: CallLogFile;
  let reached: number;
  /** What the upstream's side of the call came to. */
  let seen: { body: string; whole: boolean; aborted: boolean };
  let onCall: (request: IncomingMessage, response: ServerResponse) => void;

  beforeAll(async () => {
    upstream = await startHttpServer((request, response) => {
      reached += 1;
      request.on('data', (chunk: Buffer) => (seen.body += chunk.toString('latin1')));
      request.on('end', () => (seen.whole = true));
      response.on('close', () => (seen.aborted = !response.writableFinished));
      onCall(request, response);
    });
    gateway = await openGateway(upstream.url);
    callLog = openCallLogFile(gateway.latchkey);
  });

  beforeEach(async () => {
    reached = 0;
    seen = { body: '', whole: false, aborted: false };
    onCall = () => {};
    await gateway.rows.skip();
  });

  afterAll(async () => {
    callLog.close();
    await gateway.close();
    await upstream.close();
  });

  async function begin(method: string, rest: string): Promise<RawConnection> {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(
      `${method} /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\n${rest}`,
    );
    return caller;
  }

  async function until(what: string, done: () => boolean): Promise<void> {
    const giveUp = performance.now() + patienceMs;
    while (!done()) {
      if (performance.now() > giveUp)
        throw new Error(`${what} did not happen: ${JSON.stringify(seen)}`);
      await sleep(2);
    }
  }

  const ways: [string, (caller: RawConnection) => void][] = [
    ['closes', (caller) => caller.socket.end()],
    ['resets', (caller) => caller.reset()],
  ];

  describe.each(ways)('one that %s its connection', (_name, leave) => {
    it.each([
      ['GET', '\r\n', ''],
      ['DELETE', '\r\n', ''],
      ['POST', 'Content-Length: 5\r\n\r\nhello', 'hello'],
      ['PUT', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n', 'hello'],
    ])(
      '%s, while the upstream is at work: that is called off, and the row says 499',
      async (method, rest, body) => {
        const caller = await begin(method, rest);
        await until('The call', () => seen.whole);
        leave(caller);
        await until('The abort', () => seen.aborted);
        expect(seen.body).toBe(body);
        expect(await gateway.takeRow()).toMatchObject({
          ...gateway.row,
          ...left,
          method,
          requestBytes: body.length,
        });
        expect(reached).toBe(1);
      },
    );

    it.each([
      ['with a length', 'Content-Length: 100\r\n\r\nhalf', 'half', 4],
      ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'half', 4],
    ])(
      'in the middle of an upload %s: the upstream never has it whole, and the row says 499',
      async (_framing, rest, body, bytes) => {
        const caller = await begin('POST', rest);
        await until('Half of it', () => seen.body === body);
        leave(caller);
        await until('The abort', () => seen.aborted);
        expect(seen.whole).toBe(false);
        expect(await gateway.takeRow()).toMatchObject({
          ...gateway.row,
          ...left,
          requestBytes: bytes,
        });
      },
    );

    it.each(['GET', 'POST'])(
      '%s, in the middle of the answer: the upstream is told, and the row says what was sent',
      async (method) => {
        onCall = (_request, response) => {
          response.writeHead(200, { 'content-length': 100 });
          response.write('half');
        };
        const caller = await begin(method, 'Content-Length: 0\r\n\r\n');
        await caller.until(/half$/);
        leave(caller);
        await until('The abort', () => seen.aborted);
        const responseBytes = method === 'POST' ? 4 : null;
        expect(await gateway.takeRow()).toMatchObject({
          ...gateway.row,
          method,
          status: 200,
          responseBytes,
        });
      },
    );

    it.each(['POST', 'DELETE'])(
      '%s, before it was forwarded: it never is, and the row says 499',
      async (method) => {
        callLog.lock();
        try {
          const caller = await begin(method, 'Content-Length: 5\r\n\r\nhello');
          await sleep(30);
          leave(caller);
          await sleep(30);
        } finally {
          callLog.unlock();
        }
        expect(await gateway.takeRow()).toMatchObject({ ...gateway.row, ...left, method });
        expect(reached).toBe(0);
      },
    );
  });

  it('#81 a body whose chunks break is refused, and the upstream never has it whole', async () => {
    const caller = await begin('POST', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await until('Half of it', () => seen.body === 'half');
    await caller.write('not a size\r\n');
    const received = await caller.untilClosed();
    expect(received).toMatch(/^HTTP\/1\.1 400 .*"reason":"REQUEST_MALFORMED"/s);
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    await until('The abort', () => seen.aborted);
    expect(seen.whole).toBe(false);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      ...left,
      method: 'POST',
      requestBytes: 4,
    });
  });

  it('#81 a body whose chunks break under an answer: no second answer is written into the first', async () => {
    onCall = (_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('the first part');
    };
    const caller = await begin('POST', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    await caller.until(/the first part$/);
    await caller.write('not a size\r\n');
    expect(await caller.untilClosed()).toMatch(/\r\n\r\nthe first part$/);
    await until('The abort', () => seen.aborted);
    expect(seen.whole).toBe(false);
  });

  it('twenty that leave at once: each is called off, and the next twenty are answered', async () => {
    let open = 0;
    onCall = (_request, response) => {
      open += 1;
      response.on('close', () => (open -= 1));
    };
    const callers = await Promise.all(Array.from({ length: 20 }, () => begin('GET', '\r\n')));
    await until('All twenty', () => open === 20);
    for (const caller of callers) caller.reset();
    await until('All aborts', () => open === 0);
    expect((await gateway.rows.take(20)).map((row) => row['status'])).toEqual(
      Array.from({ length: 20 }, () => 499),
    );
    onCall = (_request, response) => void response.end('ok');
    const next = await Promise.all(Array.from({ length: 20 }, () => begin('GET', '\r\n')));
    await Promise.all(next.map((caller) => caller.until(/ok$/)));
    for (const caller of next) caller.reset();
  });
});
