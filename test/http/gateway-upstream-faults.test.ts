import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectEnvelope } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { openConnection } from '../support/raw-connection.js';
import { sendRaw, type RawAnswer } from '../support/raw-http.js';
import { startTcpServer, type TcpServer } from '../support/tcp-server.js';

const timeoutMs = 1_000;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const unreachable = { status: 502, reason: 'UPSTREAM_UNREACHABLE' };
const late = { status: 504, reason: 'UPSTREAM_TIMEOUT' };

interface Fault {
  readonly name: string;
  readonly behave: (socket: Socket) => void;
  readonly expected: { readonly status: number; readonly reason: string };
}

const faults: Fault[] = [
  { name: 'resets the connection', behave: (socket) => socket.resetAndDestroy(), expected: unreachable },
  { name: 'closes without a word', behave: (socket) => socket.end(), expected: unreachable },
  { name: 'closes in the middle of its headers', behave: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-'), expected: unreachable },
  { name: 'speaks another protocol', behave: (socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'), expected: unreachable },
  { name: 'gives two lengths', behave: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok'), expected: unreachable },
  { name: 'gives a length and chunks', behave: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), expected: unreachable },
  { name: 'upgrades unasked', behave: (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'), expected: unreachable },
  { name: 'sends 100 KB of headers', behave: (socket) => socket.write(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`), expected: unreachable },
  { name: 'hangs', behave: () => {}, expected: late },
  { name: 'hangs in the middle of its headers', behave: (socket) => socket.write('HTTP/1.1 200 OK\r\n'), expected: late },
  { name: 'announces and hangs', behave: (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), expected: late },
]; // prettier-ignore

/** Whether the last request on a connection is there with its body. */
function isWhole(received: string): boolean {
  const last = received.slice(received.lastIndexOf(' HTTP/1.1\r\n'));
  return last.endsWith(/^content-length: [1-9]/im.test(last) ? 'whole' : '\r\n\r\n');
}

describe('gateway: #86 an upstream that fails', () => {
  let gateway: OpenGateway;
  let upstream: TcpServer;
  let behave: (socket: Socket, received: string) => void;

  beforeAll(async () => {
    upstream = await startTcpServer((received, socket) => behave(socket, received));
    gateway = await openGateway(upstream.url, { service: { timeoutMs } });
  });

  beforeEach(async () => {
    await gateway.rows.skip();
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  /** Behaves once, when a request is there whole, and says ok to everything after. */
  function once(action: (socket: Socket) => void): void {
    let left = 1;
    behave = (socket, received) => {
      if (!isWhole(received)) return;
      if (left-- > 0) action(socket);
      else socket.write(ok);
    };
  }

  function call(method: string, target = '/crm/a'): Promise<RawAnswer> {
    const headers = [['Authorization', `Bearer ${gateway.secret}`]] as const;
    const body = method === 'POST' ? 'the body, whole' : '';
    return sendRaw(gateway.latchkey.accessUrl, { method, target, headers, body });
  }

  /** How often the upstream has been asked. */
  const asked = () => upstream.received.join('').split(' HTTP/1.1\r\n').length - 1;

  const cases = faults.flatMap((fault) =>
    ['GET', 'POST'].map((method) => [method, fault] as const),
  );

  it.each(cases.map(([method, fault]) => [method, fault.name, fault] as const))(
    '%s: an upstream that %s',
    async (method, _name, fault) => {
      const before = asked();
      once(fault.behave);
      const answer = await call(method);
      expect(answer.status).toBe(fault.expected.status);
      expectEnvelope(answer, { reason: fault.expected.reason, category: 'UPSTREAM' });
      // At most once: whether a call had its effect is not ours to guess.
      expect(asked() - before).toBe(1);
      expect(await gateway.takeRow()).toMatchObject({
        ...gateway.row,
        ...{ method, ...fault.expected, upstreamStatus: null, id: answer.json.correlationId },
        requestBytes: method === 'POST' ? 15 : 0,
      });
      expect(await call(method)).toMatchObject({ status: 200, text: 'ok' });
    },
  );

  it('an upstream that fails at a HEAD: the status alone', async () => {
    once((socket) => socket.end());
    const answer = await call('HEAD');
    expect([answer.status, answer.text]).toEqual([502, '']);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      method: 'HEAD',
      ...unreachable,
    });
  });

  it('an upstream that refuses the connection → 502, with a body under way as well', async () => {
    const gone = await startTcpServer(() => {});
    await gone.close();
    const { latchkey } = gateway;
    await latchkey.manage('PUT', '/v1/services/down', { upstream: gone.url, mount: '/down' });
    const routes = ['GET', 'POST'].map((method) => ({ method, path: '/*', scopeSets: [] }));
    await latchkey.manage('PUT', '/v1/services/down/routes', { routes });
    await gateway.rows.skip();
    for (const method of ['GET', 'POST']) {
      const answer = await call(method, '/down/a');
      expect(answer.status).toBe(502);
      expectEnvelope(answer, { reason: 'UPSTREAM_UNREACHABLE', category: 'UPSTREAM' });
      expect(answer.text).not.toContain(new URL(gone.url).port);
      const { serviceId: _ofTheOther, ...row } = gateway.row;
      expect(await gateway.takeRow()).toMatchObject({ ...row, method, ...unreachable });
    }
    const upload = await openConnection(latchkey.accessUrl);
    await upload.write(
      `POST /down/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    await upload.write('a'.repeat(1000));
    expect(await upload.until(/UPSTREAM_UNREACHABLE/)).toMatch(/^HTTP\/1\.1 502 /);
    upload.reset();
  });

  it('an upstream that resets in the middle of an upload: the caller is told, not cut off', async () => {
    behave = (socket) => socket.resetAndDestroy();
    const upload = await openConnection(gateway.latchkey.accessUrl);
    await upload.write(
      `POST /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    await upload.write('a'.repeat(100_000));
    expect(await upload.until(/UPSTREAM_UNREACHABLE/)).toMatch(/^HTTP\/1\.1 502 /);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      method: 'POST',
      ...unreachable,
    });
    behave = (socket) => socket.write(ok);
    await upload.write('a'.repeat(900_000));
    await upload.write(
      `GET /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\n\r\n`,
    );
    await upload.until(/ok$/);
    upload.reset();
  });

  it('an upstream that answers in the middle of an upload and closes: the caller gets the answer, and may go on', async () => {
    behave = (socket) =>
      void socket
        .pause()
        .end('HTTP/1.1 413 No\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
    const upload = await openConnection(gateway.latchkey.accessUrl);
    await upload.write(
      `POST /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: 1000000\r\n\r\n`,
    );
    await upload.write('a'.repeat(1000));
    expect(await upload.until(/no$/)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await gateway.takeRow()).toMatchObject({ ...gateway.row, method: 'POST', status: 413 });
    behave = (socket) => socket.write(ok);
    await upload.write('a'.repeat(999_000));
    await upload.write(
      `GET /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\n\r\n`,
    );
    await upload.until(/ok$/);
    upload.reset();
  });

  it.each([
    [
      'closes short of its length',
      'Content-Length: 100\r\n\r\nhalf',
      'half',
      (socket: Socket) => socket.end(),
    ],
    [
      'resets short of its length',
      'Content-Length: 100\r\n\r\nhalf',
      'half',
      (socket: Socket) => socket.resetAndDestroy(),
    ],
    [
      'closes before its last chunk',
      'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      '4\r\nhalf\r\n',
      (socket: Socket) => socket.end(),
    ],
    [
      'breaks its chunks',
      'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      '4\r\nhalf\r\n',
      (socket: Socket) => socket.write('zz\r\n'),
    ],
    ['hangs in its body', 'Content-Length: 100\r\n\r\nhalf', 'half', () => {}],
  ])(
    'an upstream that %s: the caller sees that the answer is not whole',
    async (_name, head, half, end) => {
      for (const method of ['GET', 'POST']) {
        const before = asked();
        let asking: Socket | undefined;
        once((socket) => {
          asking = socket;
          socket.write(`HTTP/1.1 200 OK\r\n${head}`);
        });
        const caller = await openConnection(gateway.latchkey.accessUrl);
        await caller.write(
          `${method} /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: 0\r\n\r\n`,
        );
        await caller.until(/half/);
        end(asking as Socket);
        const received = await caller.untilClosed();
        expect(received).toMatch(/^HTTP\/1\.1 200 /);
        expect(received.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(half);
        expect(asked() - before).toBe(1);
        const row = await gateway.takeRow();
        expect(row).toMatchObject({ ...gateway.row, method, status: 200, upstreamStatus: 200 });
        expect(row['responseBytes']).toBe(method === 'POST' ? 4 : null);
        expect(await call('GET')).toMatchObject({ status: 200, text: 'ok' });
        await gateway.rows.skip();
      }
    },
  );

  it('what is slow but flows is not cut: an upload and an answer that take longer than the timeout', async () => {
    behave = (socket, received) => {
      if (!received.endsWith('end')) return;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n');
      void (async () => {
        for (const letter of 'slowly') {
          await sleep(timeoutMs / 3);
          socket.write(letter);
        }
      })();
    };
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(
      `POST /crm/a HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\nContent-Length: 8\r\n\r\n`,
    );
    for (const letter of 'slow,end') {
      await sleep(timeoutMs / 3);
      await caller.write(letter);
    }
    expect(await caller.until(/slowly$/)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await gateway.takeRow()).toMatchObject({
      ...gateway.row,
      status: 200,
      requestBytes: 8,
      responseBytes: 6,
    });
    caller.reset();
  });

  it('forty calls that hang hold nothing up: each is 504, the upstream is let go, and the next forty are answered', async () => {
    let closed = 0;
    behave = (socket) => socket.once('close', () => (closed += 1));
    const hung = await Promise.all(Array.from({ length: 40 }, () => call('GET')));
    expect(hung.map(({ status }) => status)).toEqual(Array.from({ length: 40 }, () => 504));
    await sleep(50);
    expect(closed).toBe(40);
    behave = (socket) => socket.write(ok);
    const answered = await Promise.all(Array.from({ length: 40 }, () => call('GET')));
    expect(answered.map(({ text }) => text)).toEqual(Array.from({ length: 40 }, () => 'ok'));
    expect(await gateway.rows.take(80)).toHaveLength(80);
  });
});
