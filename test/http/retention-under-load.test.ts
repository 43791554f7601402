import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { putCalls } from '../support/reads-of-log.js';
import { describeOnEachDatabase } from '../support/store.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';

const day = 86_400_000;
const callers = 4;

/** Rows of days that nobody keeps any more, and of an account that keeps them for a day while others keep them longer. */
const rows = { ofOldDays: 6_000, ofBriefAccount: 12_000 };

/** Milliseconds. A lock that is held shows as seconds; a busy machine is given its time. */
const worstMs = 1_500;

describeOnEachDatabase('retention takes much away under load', (kind) => {
  let database: NodeDatabase;
  let upstream: RecordingUpstream;
  let latchkey: TestLatchkey;
  let crm: Crm;
  let secret: string;
  /** What Latchkey says on its log. */
  let told: Json[];

  beforeEach(async () => {
    upstream = await startUpstream();
    database = await databaseFor(kind);
    let now = Date.now() - 40 * day;
    latchkey = await startTestLatchkey(environment(), { wallClock: () => now });
    crm = await publishCrm(latchkey, upstream.url);
    secret = (await crm.makeKey({ scopes: ['contacts.read', 'contacts.write'] })).secret;
    const brief = await latchkey.manage('POST', '/v1/accounts', { name: 'Brief' });
    await latchkey.manage('PUT', `/v1/accounts/${brief.id}/policy`, { retentionDaysCalls: 1 });
    await put(rows.ofOldDays, crm.accountId, now, 3 * day);
    now = Date.now() - 10 * day;
    await put(rows.ofBriefAccount, brief.id, now, day);
    await latchkey.close();
  }, 120_000);

  afterEach(async () => {
    await latchkey.remove();
    await database.remove();
    await upstream.close();
  }, 60_000);

  const environment = () => ({ ...database.environment, RETENTION_DAYS_CALLS: '30' });

  /** Calls of an account, over a time. */
  async function put(count: number, accountId: string, from: number, span: number): Promise<void> {
    const calls = Array.from({ length: count }, (_, n) => ({
      ...{ accountId, at: Math.floor(from + (n * span) / count) },
      callerIp: `203.0.113.${n % 250}`,
    }));
    for (let n = 0; n < count; n += 2_000) await putCalls(latchkey, calls.slice(n, n + 2_000));
  }

  /** Calls one after the other, as several do at once. @returns the milliseconds of each answer, the quickest first */
  async function callUntil(isOver: () => boolean): Promise<number[]> {
    const taken: number[] = [];
    const caller = async (): Promise<void> => {
      do {
        const method = taken.length % 2 === 0 ? 'GET' : 'POST';
        const startedAt = performance.now();
        const { status, text } = await latchkey.call(method, '/crm/contacts', { secret });
        taken.push(performance.now() - startedAt);
        if (status !== 200) throw new Error(`${status} ${text}\n${JSON.stringify(told)}`);
      } while (!isOver());
    };
    await Promise.all(Array.from({ length: callers }, caller));
    return taken.sort((one, other) => one - other);
  }

  it('#65 and no call is refused, or waits for it', async () => {
    told = [];
    latchkey = await startTestLatchkey(
      { ...environment(), TEST_FOLDER: latchkey.folder },
      { logLines: { write: (line: string) => void told.push(JSON.parse(line)) } },
    );
    const removed = (what: string): number =>
      told.find((line) => line.what === what && line.part === 'calls')?.removed ?? 0;
    const giveUpAt = performance.now() + 20_000;
    const isOver = () => removed('calls') > 0 || performance.now() > giveUpAt;
    const wasOver = isOver();
    const busy = await callUntil(isOver);
    expect(wasOver).toBe(false);
    expect([removed('days of calls') >= 3, removed('calls')]).toEqual([true, rows.ofBriefAccount]);
    const quietUntil = performance.now() + 1_500;
    const quiet = await callUntil(() => performance.now() > quietUntil);
    const p95 = (list: readonly number[]) => list[Math.floor(list.length * 0.95)] ?? 0;
    expect(busy.length).toBeGreaterThan(10 * callers);
    expect(p95(busy)).toBeLessThan(2 * p95(quiet) + 150);
    expect(busy.at(-1)).toBeLessThan(worstMs);
    // Each has its row, and they are all that is left of the account.
    const path = `/v1/accounts/${crm.accountId}/request-log/counts`;
    expect((await latchkey.manage('GET', path)).calls).toBe(busy.length + quiet.length);
  }, 120_000);
});
