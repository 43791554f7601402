import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { expectEnvelope, expectNoSecret } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import { untilLogIsIdle } from '../support/idle-log.js';
import type { CallRow } from '../support/latchkey.js';
import { sendRaw, type RawAnswer } from '../support/raw-http.js';
import { until } from '../support/until.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

describe('gateway: the log before the effect', () => {
  let gateway: OpenGateway;
  let upstream: RecordingUpstream;
  let callLog: CallLogFile;
  /** What an upstream does once it has a call, before it answers. */
  let inTheUpstream: () => Promise<void>;

  beforeAll(async () => {
    upstream = await startUpstream((_request, response) => {
      void inTheUpstream().then(() => response.writeHead(202).end('done'));
    });
    gateway = await openGateway(upstream.url);
    callLog = openCallLogFile(gateway.latchkey);
  });

  beforeEach(async () => {
    inTheUpstream = async () => {};
    await gateway.rows.skip();
    upstream.calls.length = 0;
  });

  afterAll(async () => {
    callLog.close();
    await gateway.close();
    await upstream.close();
  });

  function call(method: string, target = '/crm/a', secret = gateway.secret): Promise<RawAnswer> {
    const headers = [['Authorization', `Bearer ${secret}`]] as const;
    return sendRaw(gateway.latchkey.accessUrl, { method, target, headers });
  }

  /** What is on the log while the upstream has the call. */
  function watchTheLog(): { rows: CallRow[] } {
    const seen = { rows: [] as CallRow[] };
    inTheUpstream = async () => {
      seen.rows = await gateway.latchkey.rows('&door=gateway');
    };
    return seen;
  }

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '#66 %s: its row is there before the upstream sees it, outcome unknown, and is completed later',
    async (method) => {
      const before = (await gateway.latchkey.rows('&door=gateway')).length;
      const seen = watchTheLog();
      const answer = await call(method);
      expect([answer.status, answer.text]).toEqual([202, 'done']);
      const id = answer.headers.get('x-correlation-id');
      expect(seen.rows).toHaveLength(before + 1);
      const unknown = { upstreamStatus: null, durationMs: null, responseBytes: null, reason: null };
      expect(seen.rows[0]).toMatchObject({ ...gateway.row, id, method, status: null, ...unknown });
      const row = await gateway.takeRow();
      expect(row).toMatchObject({ ...gateway.row, id, method, status: 202, upstreamStatus: 202 });
      expect(row).toMatchObject({ seq: seen.rows[0]?.['seq'], responseBytes: 4, requestBytes: 0 });
      expect(row['durationMs']).toBeGreaterThan(0);
      expect(row['upstreamMs']).toBeGreaterThan(0);
    },
  );

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE'])(
    '%s has no effect: it is written once, with its outcome',
    async (method) => {
      const before = (await gateway.latchkey.rows('&door=gateway')).length;
      const seen = watchTheLog();
      const answer = await call(method);
      expect(answer.status).toBe(202);
      expect(seen.rows).toHaveLength(before);
      expect(await gateway.rows.take(1)).toMatchObject([
        { ...gateway.row, id: answer.headers.get('x-correlation-id'), method, status: 202 },
      ]);
    },
  );

  it('an answer does not wait for its completion: the log may be busy meanwhile', async () => {
    inTheUpstream = async () => callLog.lock();
    try {
      const answer = await call('POST');
      expect(answer.status).toBe(202);
      const [row] = await gateway.latchkey.rows('&door=gateway');
      expect(row).toMatchObject({ id: answer.headers.get('x-correlation-id'), status: null });
    } finally {
      callLog.unlock();
    }
    expect(await gateway.takeRow()).toMatchObject({ ...gateway.row, status: 202 });
  });

  it.each(['GET', 'POST'])(
    'the answer to a %s is held until its row is on disk',
    async (method) => {
      callLog.lock();
      let answered = false;
      const answer = call(method).finally(() => (answered = true));
      try {
        await sleep(150);
        expect([answered, upstream.calls.length]).toEqual([false, method === 'GET' ? 1 : 0]);
      } finally {
        callLog.unlock();
      }
      expect((await answer).status).toBe(202);
    },
  );

  function expectUnavailable(answer: RawAnswer): void {
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('1');
    if (answer.text === '') return;
    expectEnvelope(answer, { reason: 'LOG_UNAVAILABLE', category: 'UNAVAILABLE' });
    expectNoSecret([gateway.secret], answer, []);
  }

  async function untilHealthy(): Promise<void> {
    const isReady = async () =>
      (await gateway.latchkey.call('GET', '/latchkey/health/ready')).status === 200;
    await until('the log', isReady);
  }

  it.each([
    ['POST', 0],
    ['GET', 1],
  ])(
    '#61 the log breaks under a %s: 503, and it reached the upstream %d times',
    async (method, reached) => {
      await untilLogIsIdle(gateway.latchkey);
      callLog.spoil();
      try {
        expectUnavailable(await call(method));
        expect(upstream.calls).toHaveLength(reached);
      } finally {
        callLog.repair();
      }
      await untilHealthy();
      const [row, ...more] = await gateway.rows.take(1);
      expect(more).toEqual([]);
      expect(row).toMatchObject({ keyId: gateway.keyId, method });
      // It may have been on disk when the rest failed: then what it says is corrected behind the recovery.
      const latest = async () => (await gateway.latchkey.rows('&door=gateway'))[0];
      await until('what was answered', async () => (await latest())?.['status'] === 503);
      expect(await latest()).toMatchObject({ id: row?.['id'], reason: 'LOG_UNAVAILABLE' });
    },
  );

  it('#61 a log that cannot be written lets nothing through, safe or not, and makes up for the rows', async () => {
    callLog.spoil();
    const answers: RawAnswer[] = [];
    const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'];
    try {
      // The first to fail is how it is found out.
      expectUnavailable(await call('GET', '/nowhere'));
      for (const method of methods) answers.push(await call(method));
      answers.push(await call('GET', '/crm/a', 'nobody-knows-this-secret'));
      expect((await gateway.latchkey.call('GET', '/latchkey/health/ready')).status).toBe(503);
    } finally {
      callLog.repair();
    }
    for (const answer of answers) expectUnavailable(answer);
    expect(upstream.calls).toEqual([]);
    await untilHealthy();
    expect((await call('POST')).status).toBe(202);
    const [, ...rows] = await gateway.rows.take(methods.length + 3);
    const denied = { status: 503, reason: 'LOG_UNAVAILABLE', decision: 'denied' };
    expect(rows.slice(0, -1)).toMatchObject([
      ...methods.map((method, i) => ({
        ...denied,
        ...{ method, path: '/crm/a', keyId: gateway.keyId, callerIp: '127.0.0.1' },
        id: answers[i]?.headers.get('x-correlation-id'),
      })),
      { ...denied, method: 'GET', keyId: null },
    ]);
  });
});
