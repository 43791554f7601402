import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { startHttpServer, type HttpServer } from '../support/http-server.js';
import { openConnection } from '../support/raw-connection.js';

describe('gateway: several requests sent at once on one connection', () => {
  let gateway: OpenGateway;
  let upstream: HttpServer;
  /** What the upstream has been asked and not answered. */
  let waiting: Map<string, ServerResponse>;
  let reached: string[];

  beforeAll(async () => {
    upstream = await startHttpServer((request, response) => {
      const url = request.url ?? '';
      reached.push(url);
      waiting.set(url, response);
      response.on('close', () => waiting.delete(url));
    });
    gateway = await openGateway(upstream.url);
  });

  beforeEach(async () => {
    waiting = new Map();
    reached = [];
    await gateway.rows.skip();
  });

  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function request(path: string, method = 'GET', rest = '\r\n'): string {
    return `${method} /crm${path} HTTP/1.1\r\nHost: a\r\nX-Access-Token: ${gateway.secret}\r\n${rest}`;
  }

  async function asked(path: string): Promise<ServerResponse> {
    const giveUp = performance.now() + 5_000;
    for (;;) {
      const response = waiting.get(path);
      if (response !== undefined) return response;
      if (performance.now() > giveUp)
        throw new Error(`${path} was not asked, but ${reached.join()}`);
      await sleep(2);
    }
  }

  it('are calls of their own, taken and answered one after the other', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(
      request('/1', 'POST', 'Content-Length: 3\r\n\r\none') + request('/2') + request('/3'),
    );
    for (const path of ['/1', '/2', '/3']) {
      const response = await asked(path);
      await sleep(30);
      expect(reached.at(-1)).toBe(path);
      response.end(`answer ${path}`);
    }
    expect(await caller.until(/answer \/3$/)).toMatch(/answer \/1HTTP.*answer \/2HTTP/s);
    caller.reset();
    expect(await gateway.rows.take(3)).toMatchObject(
      ['/1', '/2', '/3'].map((path) => ({ ...gateway.row, path: `/crm${path}` })),
    );
  });

  it('#87 when the caller leaves, the one under way is called off and the rest never begin', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(request('/1') + request('/2', 'POST', 'Content-Length: 0\r\n\r\n'));
    await asked('/1');
    caller.reset();
    const [row, ...more] = await gateway.rows.take(1);
    expect(row).toMatchObject({ ...gateway.row, path: '/crm/1', status: 499 });
    await sleep(50);
    expect([more, reached, waiting.size]).toEqual([[], ['/1'], 0]);
  });

  it.each([
    ['a second that is no request', '\0\0\r\n\r\n'],
    [
      'a second whose chunks break',
      'POST /crm/2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    ],
  ])('#81 %s: nothing is put in the place of the first answer', async (_name, second) => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    await caller.write(request('/1'));
    await asked('/1');
    await caller.write(second);
    expect(await caller.untilClosed()).toBe('');
    expect(await gateway.rows.take(1)).toMatchObject([{ path: '/crm/1', status: 499 }]);
    expect(reached).toEqual(['/1']);
  });

  it.each([
    ['Connection: close', 'HTTP/1.1', 'Connection: close\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0', '\r\n'],
  ])(
    '#81 after %s nothing is read, and the last answer is not lost',
    async (_name, version, rest) => {
      const caller = await openConnection(gateway.latchkey.accessUrl);
      const last = request('/1', 'GET', rest).replace('HTTP/1.1', version);
      await caller.write(last + request('/2') + request('/3'));
      const answering = await asked('/1');
      await caller.write(request('/4'));
      answering.end('answer /1');
      expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 200 (?!.*HTTP\/1\.1 ).*answer \/1/s);
      expect(reached).toEqual(['/1']);
      expect(await gateway.rows.take(1)).toMatchObject([{ path: '/crm/1', status: 200 }]);
    },
  );

  it('#81 a second is told to go on in its turn', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    const expecting = request('/2', 'POST', 'Expect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    await caller.write(request('/1') + expecting);
    const first = await asked('/1');
    await sleep(30);
    expect(caller.received()).toBe('');
    first.end('answer /1');
    await caller.until(/answer \/1HTTP\/1\.1 100 Continue\r\n\r\n$/);
    await caller.write('two');
    (await asked('/2')).end('answer /2');
    await caller.until(/100 Continue\r\n\r\nHTTP\/1\.1 200 .*answer \/2$/s);
    caller.reset();
    await gateway.rows.take(2);
  });

  it('#81 a second that expects to be told to go on and is refused gets one answer, in one piece', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    const twoHosts = request(
      '/2',
      'POST',
      'Host: b\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
    );
    await caller.write(request('/1') + twoHosts);
    (await asked('/1')).end('answer /1');
    const received = await caller.untilClosed();
    expect(received).toMatch(/answer \/1HTTP\/1\.1 400 .*\r\n\r\n\{"status":"error".*\}$/s);
    expect(received).not.toContain('100 Continue');
    await gateway.rows.take(1);
  });

  it('#81 a second that is refused is refused in its turn, and is the last', async () => {
    const caller = await openConnection(gateway.latchkey.accessUrl);
    const twoHosts = request('/2', 'GET', 'Host: b\r\n\r\n');
    await caller.write(request('/1') + twoHosts + request('/3'));
    (await asked('/1')).end('answer /1');
    expect(await caller.untilClosed()).toMatch(
      /^HTTP\/1\.1 200 .*answer \/1HTTP\/1\.1 400 .*"REQUEST_MALFORMED"/s,
    );
    expect(reached).toEqual(['/1']);
    expect(await gateway.rows.take(1)).toHaveLength(1);
  });
});
