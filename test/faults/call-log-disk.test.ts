import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { describeWhere } from '../support/describe-where.js';
import { absenceOfFaultyDisk, type DiskFault, type FaultyDisk } from '../support/faulty-disk.js';
import { MortalLatchkey } from '../support/mortal-latchkey.js';
import type { Answer } from '../support/send.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { until } from '../support/until.js';

const faults: readonly DiskFault[] = ['ENOSPC', 'EROFS', 'EIO'];

describeWhere(absenceOfFaultyDisk(), "#61 the call log's disk fails", () => {
  let latchkey: MortalLatchkey;
  let upstream: RecordingUpstream;
  let disk: FaultyDisk;
  let crm: Crm;
  let secret: string;
  /** Numbers of calls that were answered as they should be. */
  let answered: number[];
  let calls: number;

  beforeEach(async () => {
    latchkey = await MortalLatchkey.make('sqlite');
    upstream = await startUpstream();
    disk = latchkey.putLogOnFaultyDisk();
    answered = [];
    calls = 0;
  });

  afterEach(async () => {
    disk.recover();
    await latchkey.remove();
    await upstream.close();
  });

  async function start(mode: string): Promise<void> {
    await latchkey.start({ CALL_LOG_MODE: mode });
    crm = await publishCrm(latchkey, upstream.url);
    ({ secret } = await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] }));
  }

  async function call(method: 'GET' | 'POST'): Promise<Answer> {
    const number = (calls += 1);
    const path = `/crm/contacts?n=${number}`;
    const answer = await latchkey.send({ door: 'access', method, path, secret });
    if (answer.status === 200) answered.push(number);
    return answer;
  }

  /** The first column of what a statement finds on the log as it is now. */
  function fromLog(sql: string): unknown[] {
    const handle = latchkey.openLog();
    try {
      return handle.prepare(sql).pluck().all();
    } finally {
      handle.close();
    }
  }

  const isReady = async (): Promise<boolean> => {
    const request = { door: 'access', method: 'GET', path: '/latchkey/health/ready' } as const;
    return (await latchkey.send(request)).status === 200;
  };

  /** Every call that was answered is on the log, once, and none is missing among the numbers. */
  async function expectAllOnLog(): Promise<void> {
    const sql = "SELECT query FROM call WHERE door = 'gateway' AND status = 200";
    await until('all of them', () => fromLog(sql).length >= answered.length);
    const numbers = fromLog(sql).map((query) => Number(String(query).slice('n='.length)));
    expect(numbers.toSorted((a, b) => a - b)).toEqual(answered);
    expect(fromLog('SELECT max(seq) - count(*) FROM call')).toEqual([0]);
    latchkey.expectIntegrity();
  }

  const cases = ['durable', 'committed'].flatMap((mode) => faults.map((fault) => [mode, fault] as const));

  it.each(cases)('%s, %s: nothing is let through or forwarded, a key is revoked all the same, and all is well afterwards', async (mode, fault) => {
    await start(mode);
    for (const method of ['POST', 'GET', 'POST'] as const) expect((await call(method)).status).toBe(200);
    disk.fail(fault);
    const before = upstream.calls.length;
    const refused = await Promise.all((['POST', 'GET', 'POST', 'GET'] as const).map(call));
    for (const { status, json } of refused)
      expect([status, json.reason]).toEqual([503, 'LOG_UNAVAILABLE']);
    // A safe call is forwarded before its row is written; an unsafe one never is.
    const forwarded = upstream.calls.slice(before);
    expect(forwarded.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await isReady()).toBe(false);
    const toRevoke = await crm.makeKey({ name: 'Made meanwhile' });
    const path = `/v1/accounts/${crm.accountId}/keys/${toRevoke.id}`;
    expect((await latchkey.manage('POST', `${path}/revoke`)).state).toBe('revoked');
    disk.recover();
    await until('the log is written again', isReady);
    expect((await call('POST')).status).toBe(200);
    expect((await call('GET')).status).toBe(200);
    await expectAllOnLog();
    // It goes on after a kill as it does after any other.
    latchkey.kill();
    await latchkey.deadAfterTrouble();
    await latchkey.start({ CALL_LOG_MODE: mode });
    expect((await call('GET')).status).toBe(200);
    await expectAllOnLog();
  });

  it.each(faults)('buffered, %s: calls go on, and their rows are written when the disk is well', async (fault) => {
    await start('buffered');
    expect((await call('POST')).status).toBe(200);
    await until('the first row is written', () => fromLog('SELECT 1 FROM call').length > 0);
    disk.fail(fault);
    for (let i = 0; i < 20; i += 1) expect((await call(i % 2 === 0 ? 'GET' : 'POST')).status).toBe(200);
    await until('it says so', () => latchkey.said().includes('The call log cannot be written'));
    disk.recover();
    await until('it says so', () => latchkey.said().includes('The call log can be written'));
    expect((await call('GET')).status).toBe(200);
    await expectAllOnLog();
    latchkey.kill();
    await latchkey.deadAfterTrouble();
  });
}); // prettier-ignore
