import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerClientError, createHttpServer } from '../../src/platform/http/http-server.js';
import { openConnection } from '../support/raw-connection.js';

/** The server of both listeners, with less patience than it has by itself. */
const timeouts = { headers: 300, request: 2_000, keepAlive: 300, check: 20 };

describe('#90 callers that take their time', () => {
  let server: Server;
  let origin: string;
  let reached: string[];
  let refused: unknown[];
  const onRefused = (...told: unknown[]) => void refused.push(told);

  beforeAll(async () => {
    reached = [];
    refused = [];
    server = createHttpServer(
      (request, response) => {
        reached.push(request.url ?? '');
        if (request.url === '/refused')
          return void response.writeHead(401, { 'content-length': 2 }).end('no');
        request.resume().on('end', () => response.end('ok'));
      },
      onRefused,
      timeouts,
    );
    server.on('clientError', (error, socket) =>
      answerClientError(error, socket as Socket, onRefused),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  it.each([
    ['never end their headers', 'GET /slow HTTP/1.1\r\nHost: a\r\n', 'X-A: a\r\n', false],
    ['send their headers letter by letter', 'GET /slow HTTP/1.1\r\nHost: ', 'a', false],
    [
      'send their body letter by letter',
      'POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n',
      'a',
      true,
    ],
    ['say nothing', '', '', false],
  ])('those that %s are told so and let go', async (_name, beginning, more, reaches) => {
    reached.length = 0;
    refused.length = 0;
    const startedMs = performance.now();
    const caller = await openConnection(origin);
    if (beginning !== '') await caller.write(beginning);
    const state = { open: true };
    const closed = caller.untilClosed().finally(() => (state.open = false));
    while (state.open) {
      if (more !== '') void caller.write(more);
      await sleep(20);
    }
    expect(await closed).toMatch(/^HTTP\/1\.1 408 .*"reason":"REQUEST_TIMEOUT"/s);
    const tookMs = performance.now() - startedMs;
    expect(tookMs).toBeLessThan(reaches ? 4_000 : 1_500);
    expect(reached).toEqual(reaches ? ['/body'] : []);
    // What has become a call is no longer counted as something that has not.
    expect(refused).toEqual(reaches ? [] : [['REQUEST_TIMEOUT', '127.0.0.1']]);
    caller.reset();
  });

  it.each([
    ['Connection: close', 'HTTP/1.1\r\nHost: a\r\nConnection: close'],
    ['HTTP/1.0', 'HTTP/1.0'],
  ])(
    'those that still send when they are refused are not cut off by a reset (%s)',
    async (_name, head) => {
      const caller = await openConnection(origin, { allowHalfOpen: true });
      const errors: Error[] = [];
      caller.socket.on('error', (error) => errors.push(error));
      await caller.write(`POST /refused ${head}\r\nContent-Length: 30\r\n\r\n`);
      expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 401 .*no$/s);
      for (let piece = 0; piece < 3; piece += 1) {
        await caller.write('0123456789');
        await sleep(10);
      }
      caller.socket.end();
      await new Promise((resolve) => caller.socket.once('close', resolve));
      expect(errors).toEqual([]);
    },
  );

  it('those that still send when they are refused are let go in the end', async () => {
    const caller = await openConnection(origin, { allowHalfOpen: true });
    await caller.write('POST /refused HTTP/1.0\r\nContent-Length: 1000\r\n\r\n');
    const reset = new Promise((resolve) => caller.socket.once('error', resolve));
    const state = { isReset: false };
    void reset.then(() => (state.isReset = true));
    while (!state.isReset) {
      void caller.write('a');
      await sleep(20);
    }
    expect(await reset).toMatchObject({ code: expect.stringMatching(/^(?:ECONNRESET|EPIPE)$/) });
  });

  it('a connection without a next request is closed without a word', async () => {
    const caller = await openConnection(origin);
    await caller.write('GET /one HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await caller.untilClosed()).match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('those that are in time are answered, however many others are not', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => openConnection(origin)));
    for (const caller of slow) void caller.write('GET /slow HTTP/1.1\r\nHost: ');
    const caller = await openConnection(origin);
    await caller.write('GET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await caller.untilClosed()).toMatch(/^HTTP\/1\.1 200 /);
    const endings = await Promise.all(slow.map((each) => each.untilClosed()));
    expect(endings.filter((ending) => !ending.startsWith('HTTP/1.1 408 '))).toEqual([]);
  });

  it.each([
    ['what is no request', '\0\0\r\n\r\n'],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['two Hosts', 'GET /two HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n'],
  ])(
    'a refused connection is let go even if the caller keeps its side open: %s',
    async (_name, bytes) => {
      const caller = await openConnection(origin, { allowHalfOpen: true });
      await caller.write(bytes);
      await caller.until(/REQUEST_MALFORMED/);
      const connections = () =>
        new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
      const giveUp = performance.now() + 5_000;
      while ((await connections()) > 0 && performance.now() < giveUp) await sleep(20);
      expect(await connections()).toBe(0);
      caller.reset();
    },
  );
});
