import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectEnvelope } from '../support/denials.js';
import { ask, askers, asNginxTells, type Asker } from '../support/forward-auth.js';
import { untilLogIsIdle } from '../support/idle-log.js';
import { startTestLatchkey, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { until } from '../support/until.js';

describe('#61 §7 forward-auth while the call log cannot be written', () => {
  let latchkey: TestLatchkey;
  let callLog: CallLogFile;
  let rows: NewRows;
  let crm: Crm;

  beforeAll(async () => {
    latchkey = await startTestLatchkey({ TRUSTED_PROXIES: '127.0.0.1' });
    callLog = openCallLogFile(latchkey);
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
  });

  afterAll(async () => {
    callLog.close();
    await latchkey.remove();
  });

  const call = (asker: Asker, secret: string, method = 'GET') =>
    ask(latchkey.accessUrl, asker, {
      method,
      target: '/crm/contacts',
      headers: [['Authorization', `Bearer ${secret}`]],
    });

  it('nobody passes, also not once it is known, whichever proxy asks', async () => {
    const { secret, id } = await crm.makeKey();
    expect((await call('nginx', secret)).status).toBe(200);
    await rows.skip();
    await untilLogIsIdle(latchkey);
    callLog.spoil();
    try {
      for (const asker of askers) {
        const answer = await call(asker, secret);
        if (asker === 'nginx') expect(answer.status).toBe(403);
        const told = asker === 'nginx' ? asNginxTells(answer) : answer;
        expect([told.status, told.headers.get('retry-after')]).toEqual([503, '1']);
        expectEnvelope(told, { reason: 'LOG_UNAVAILABLE', category: 'UNAVAILABLE' });
      }
    } finally {
      callLog.repair();
    }
    await until('its return', async () => (await call('caddy', secret)).status === 200);
    const made = (await rows.take(0)).filter(({ keyId, status }) => keyId === id && status !== 200);
    // Those that waited for its return are among them.
    expect(made.length).toBeGreaterThanOrEqual(askers.length);
    expect(new Set(made.map(({ status, reason }) => `${status} ${reason}`))).toEqual(
      new Set(['503 LOG_UNAVAILABLE']),
    );
  });

  it('#66 a call passes once its row is on disk, and not before', async () => {
    const { secret } = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] });
    await call('caddy', secret);
    await untilLogIsIdle(latchkey);
    let answered = false;
    callLog.lock();
    const asking = call('caddy', secret, 'POST');
    void asking.then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    callLog.unlock();
    expect((await asking).status).toBe(200);
  });
});

describe('#89 §7 forward-auth and calls without a genuine secret', () => {
  it('have rows within the budget of the caller’s addresses; one that may have an effect has its row always', async () => {
    const now = Math.ceil(Date.now() / 60_000) * 60_000;
    const environment = { TRUSTED_PROXIES: '127.0.0.1', JUNK_ROWS_PER_MINUTE: '3' };
    const latchkey = await startTestLatchkey(environment, { wallClock: () => now });
    try {
      await publishCrm(latchkey, 'http://127.0.0.1:1');
      const routes = ['GET', 'POST'].map((method) => ({
        ...{ method, path: '/open', scopeSets: [], public: true },
      }));
      await latchkey.manage('PUT', '/v1/services/crm/routes', { routes });
      const rows = new NewRows(latchkey);
      await rows.skip();
      const send = (method: string, target: string, callerIp: string) =>
        ask(latchkey.accessUrl, 'haproxy', { method, target, callerIp });
      for (let i = 0; i < 8; i += 1) {
        expect((await send('GET', '/crm/nowhere', `203.0.113.${i}`)).status).toBe(401);
        expect((await send('GET', '/crm/open', `198.51.100.${i}`)).status).toBe(200);
        expect((await send('POST', '/crm/open', `198.51.100.${i}`)).status).toBe(200);
      }
      const made = await rows.take(14);
      const count = (method: string, status: number) =>
        made.filter((row) => row['method'] === method && row['status'] === status).length;
      expect([count('GET', 401), count('GET', 200), count('POST', 200)]).toEqual([3, 3, 8]);
    } finally {
      await latchkey.remove();
    }
  });
});
