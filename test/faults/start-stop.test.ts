import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { publishCrm, type Crm } from '../support/crm.js';
import { send, type CallRow, type Json, type TestLatchkey } from '../support/latchkey.js';
import type { LatchkeyProcess } from '../support/latchkey-process.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { WorkFolder } from '../support/work-folder.js';

/** A process has to be gone before whoever stops it loses patience: Docker kills after ten seconds. */
const patienceMs = 8000;
jest.setTimeout(90_000);

describe('#92 a process that is told to stop', () => {
  let folder: WorkFolder;
  let upstream: RecordingUpstream;
  let process: LatchkeyProcess;
  let crm: Crm;
  let key: Json;
  /** What the upstream waits for before it answers. */
  let answering: Promise<unknown>;

  beforeEach(async () => {
    answering = Promise.resolve();
    upstream = await startUpstream((_request, response) => {
      void answering.then(() => response.end('done'));
    });
    folder = new WorkFolder();
    process = folder.run();
    await process.running;
    crm = await publishCrm(managed(process), upstream.url);
    key = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
  });

  afterEach(async () => {
    await folder.remove();
    await upstream.close();
  });

  function managed(running: LatchkeyProcess): Pick<TestLatchkey, 'manage'> {
    return { manage: (...asked: [string, string, unknown?]) => folder.manage(running, ...asked) };
  }

  const call = (method: string, path: string, body?: string) =>
    send(process.urls().accessUrl, method, path, { secret: key.secret, body });
  const reached = async () => {
    while (upstream.calls.length === 0) await sleep(5);
  };

  async function expectStopped(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const began = performance.now();
    expect(await process.stop(signal)).toBe(0);
    expect(performance.now() - began).toBeLessThan(patienceMs);
    expect(process.stderr()).toBe('');
  }

  /** The rows that lie on disk, as the next process finds them. */
  async function rowsAfterwards(): Promise<CallRow[]> {
    const next = folder.run();
    await next.running;
    const { results } = await folder.manage(next, 'GET', '/v1/request-log?limit=500&door=gateway');
    expect(await next.stop()).toBe(0);
    return results;
  }

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s finishes the call under way, takes no other, and has it on the log',
    async (signal) => {
      let answer = (): void => {};
      answering = new Promise<void>((resolve) => (answer = resolve));
      const calls = [call('POST', '/crm/contacts', '{}'), call('GET', '/crm/contacts')];
      while (upstream.calls.length < 2) await sleep(5);
      const ended = process.stop(signal);
      await sleep(300);
      await expect(call('GET', '/crm/ping')).rejects.toThrow('fetch failed');
      answer();
      const answers = await Promise.all(calls);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect(answers.map(({ text }) => text)).toEqual(['done', 'done']);
      const answeredAt = performance.now();
      expect(await ended).toBe(0);
      // The connections are kept alive by the client; they are not waited for.
      expect(performance.now() - answeredAt).toBeLessThan(3000);
      const rows = await rowsAfterwards();
      expect(
        rows.map(({ method, status, responseBytes }) => [method, status, responseBytes]).sort(),
      ).toEqual([
        ['GET', 200, null], // its row is written before the answer is sent
        ['POST', 200, 4],
      ]);
    },
  );

  it('has every call on the log that was answered before', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const answers = await Promise.all([
        call('GET', '/crm/contacts'),
        call('POST', '/crm/contacts', '{}'),
        call('GET', '/crm/orders'),
      ]);
      statuses.push(...answers.map(({ status }) => status));
    }
    await expectStopped();
    const rows = await rowsAfterwards();
    expect(rows.map(({ status }) => status).sort()).toEqual(statuses.sort());
    expect(new Set(rows.map(({ seq }) => seq)).size).toBe(60);
  });

  it('does not wait for connections on which nothing happens, nor for those that never finish asking', async () => {
    await call('GET', '/crm/contacts'); // fetch keeps its connection
    const sockets: Socket[] = [];
    for (const url of Object.values(process.urls())) {
      for (const sent of [
        '',
        'GET /latchkey/health/live HTTP/1.1\r\nHost:',
        'POST /crm/contacts HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1',
      ]) {
        const { hostname, port } = new URL(url);
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {});
        socket.write(sent);
        sockets.push(socket);
      }
    }
    await sleep(200);
    await expectStopped();
    for (const socket of sockets) socket.destroy();
  });

  it('does not wait for an upstream that never answers, and says so in the log', async () => {
    answering = new Promise(() => {});
    const hanging = call('POST', '/crm/contacts', '{}').then(
      ({ status }) => status,
      () => 'cut off',
    );
    await reached();
    await expectStopped();
    expect(await hanging).toBe('cut off');
    const [row] = await rowsAfterwards();
    expect(row).toMatchObject({ method: 'POST', decision: 'allowed', status: 499 });
  });
});
