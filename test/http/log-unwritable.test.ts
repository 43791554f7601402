import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { CALL_LOG } from '../../src/store/tokens.js';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { expectDenial, expectEnvelope } from '../support/denials.js';
import { openGateway, type OpenGateway } from '../support/gateway.js';
import type { Answer } from '../support/latchkey.js';
import { NewEvents } from '../support/new-events.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const patienceMs = 15_000;

describe('#61 the call log cannot be written', () => {
  let upstream: RecordingUpstream;
  let gateway: OpenGateway;
  let callLog: CallLogFile;

  async function open(mode: string): Promise<void> {
    upstream = await startUpstream();
    gateway = await openGateway(upstream.url, { environment: { CALL_LOG_MODE: mode } });
    callLog = openCallLogFile(gateway.latchkey);
  }

  afterEach(async () => {
    callLog.close();
    await gateway.close();
    await upstream.close();
  });

  const call = (method: string): Promise<Answer> =>
    gateway.latchkey.call(method, '/crm/a', { secret: gateway.secret });

  const writer = (): CallLogWriter => gateway.latchkey.app.get(CALL_LOG);

  async function until(isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error('It did not come to that.');
      await sleep(20);
    }
  }

  const isReady = async (): Promise<boolean> =>
    (await gateway.latchkey.call('GET', '/latchkey/health/ready')).status === 200;

  it.each(['durable', 'committed'])(
    '%s: nothing is let through, management answers, and a key is revoked for good',
    async (mode) => {
      await open(mode);
      const { latchkey, crm, keyId } = gateway;
      const key = `/v1/accounts/${crm.accountId}/keys/${keyId}`;
      const events = new NewEvents(latchkey, crm.accountId);
      await events.skip();
      await until(async () => writer().waitingRows === 0);
      callLog.spoil();
      try {
        expect((await call('POST')).status).toBe(503);
        await until(async () => !(await isReady()));
        for (const method of ['POST', 'GET', 'DELETE']) {
          const answer = await call(method);
          expect(answer.status).toBe(503);
          expectEnvelope(answer, { reason: 'LOG_UNAVAILABLE', category: 'UNAVAILABLE' });
        }
        for (const path of [key, '/v1/accounts', `/v1/accounts/${crm.accountId}/audit-events`])
          expect(await latchkey.manage('GET', path)).toBeDefined();
        const made = await crm.makeKey({ name: 'Made meanwhile' });
        expect((await latchkey.manage('POST', `${key}/revoke`)).state).toBe('revoked');
        await events.take().then((taken) =>
          expect(taken).toMatchObject([
            { action: 'key.created', target: { id: made.id } },
            { action: 'key.revoked', target: { id: keyId } },
          ]),
        );
        expect((await call('GET')).status).toBe(503);
      } finally {
        callLog.repair();
      }
      await until(isReady);
      expect(upstream.calls).toEqual([]);
      await gateway.rows.skip();
      expectDenial(await call('GET'), 'KEY_REVOKED', await gateway.rows.take(1), { keyId });
      const revocations = (await latchkey.rows()).filter(({ path }) => path === `${key}/revoke`);
      expect(revocations).toMatchObject([{ status: 200, method: 'POST', door: 'management' }]);
    },
    60_000,
  );

  it('buffered: calls go on, and each has its row when the log is back', async () => {
    await open('buffered');
    await until(async () => writer().waitingRows === 0);
    const methods = ['GET', 'POST', 'DELETE', 'GET', 'PUT'];
    const ids: unknown[] = [];
    callLog.spoil();
    try {
      for (const method of methods) {
        const answer = await call(method);
        expect(answer.status).toBe(200);
        ids.push(answer.headers.get('x-correlation-id'));
      }
      expect(upstream.calls).toHaveLength(methods.length);
    } finally {
      callLog.repair();
    }
    await until(async () => writer().waitingRows === 0);
    const rows = (await gateway.latchkey.rows('&door=gateway')).toReversed();
    expect(rows.map(({ id, method, status }) => [id, method, status])).toEqual(
      methods.map((method, i) => [ids[i], method, 200]),
    );
    expect([writer().lostRows, writer().lostCompletions]).toEqual([0, 0]);
  }, 60_000);
});
