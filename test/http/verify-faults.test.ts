import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { startBreakingNetwork, type BreakingNetwork } from '../support/breaking-network.js';
import { openCallLogFile, type CallLogFile } from '../support/call-log-file.js';
import { publishCrm, type Crm } from '../support/crm.js';
import { expectEnvelope } from '../support/denials.js';
import { untilLogIsIdle } from '../support/idle-log.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { NewRows } from '../support/new-rows.js';
import { describeWithPostgres, makePostgres, type TestPostgres } from '../support/postgres.js';
import { until } from '../support/until.js';
import { checkOf, makeVerifier, verify, verifyPath } from '../support/verify.js';

const unavailable = { reason: 'LOG_UNAVAILABLE', category: 'UNAVAILABLE' };

describe('#61 §7 POST verify while the call log cannot be written', () => {
  let latchkey: TestLatchkey;
  let callLog: CallLogFile;
  let rows: NewRows;
  let crm: Crm;
  let verifier: Json;

  beforeAll(async () => {
    latchkey = await startTestLatchkey();
    callLog = openCallLogFile(latchkey);
    rows = new NewRows(latchkey);
    crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    verifier = await makeVerifier(latchkey);
  });

  afterAll(async () => {
    callLog.close();
    await latchkey.remove();
  });

  it('nothing is decided, also not once it is known; and each call has its row afterwards', async () => {
    const key = await crm.makeKey();
    await rows.skip();
    const checks = [checkOf(key.secret), checkOf(key.secret)];
    await untilLogIsIdle(latchkey);
    callLog.spoil();
    try {
      // The first one finds out, the second one knows.
      for (let i = 0; i < 2; i += 1) {
        const answer = await verify(latchkey, verifier.secret, { checks });
        expect(answer.status).toBe(503);
        expectEnvelope(answer, unavailable);
      }
    } finally {
      callLog.repair();
    }
    await until('its return', async () => {
      const answer = await verify(latchkey, verifier.secret, checkOf(''));
      return answer.status === 200;
    });
    const made = await rows.take(0);
    const refused = made.filter(({ keyId }) => keyId === key.id);
    expect(refused.map(({ status }) => status)).toEqual([503, 503]);
    const calls = made.filter(({ path, status }) => path === verifyPath && status === 503);
    expect(calls.length).toBeGreaterThanOrEqual(2);
  });

  it('answers wait for the rows of all checks', async () => {
    const key = await crm.makeKey();
    let answered = false;
    callLog.lock();
    const asking = verify(latchkey, verifier.secret, { checks: [checkOf(key.secret)] });
    void asking.then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);
    callLog.unlock();
    expect((await asking).status).toBe(200);
  });
});

describeWithPostgres('§7 POST verify while PostgreSQL is away', () => {
  let postgres: TestPostgres;
  let network: BreakingNetwork;
  let latchkey: TestLatchkey;

  beforeAll(async () => {
    postgres = await makePostgres();
    network = await startBreakingNetwork(postgres.url);
    const [KEY_PEPPER, SEALING_KEY, OPERATOR_KEY] = Array.from({ length: 3 }, () =>
      randomBytes(32).toString('base64url'),
    ) as [string, string, string];
    const settings = {
      ...{ DATABASE_URL: network.url, CALL_LOG_URL: postgres.url },
      ...{ KEY_PEPPER, SEALING_KEY, OPERATOR_KEY },
    };
    // A lease that outlasts the test: who is remembered is let in, and whoever is not has to be looked up.
    latchkey = await startTestLatchkey(settings, { leaseMs: 3_600_000 });
  });

  afterAll(async () => {
    await latchkey?.remove();
    await network?.close();
    await postgres?.drop();
  });

  it('what is remembered is decided, and the rest is told to be tried again, in one answer', async () => {
    const crm = await publishCrm(latchkey, 'http://127.0.0.1:1');
    const verifier = await makeVerifier(latchkey);
    const [known, asleep] = [await crm.makeKey(), await crm.makeKey()];
    for (let i = 0; i < 2; i += 1) await verify(latchkey, verifier.secret, checkOf(known.secret));
    await network.cut();
    const checks = [checkOf(known.secret), checkOf(asleep.secret), checkOf('')];
    const { status, json } = await verify(latchkey, verifier.secret, { checks });
    await network.mend();
    expect([status, json.results.map(({ reason }: Json) => reason)]).toEqual([
      ...[200, [null, 'STORE_UNAVAILABLE', 'CREDENTIALS_MISSING']],
    ]);
    expect(json.results[1]).toMatchObject({
      ...{ decision: 'denied', status: 503, retryAfterSeconds: 1, key: null, secret: null },
      headers: { 'Retry-After': '1' },
    });
  });
});
