import { afterEach, expect, it } from '@jest/globals';
import { writeEvents } from '../support/aged-trail.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { describeOnEachDatabase } from '../support/store.js';
import { until } from '../support/until.js';

const day = 86_400_000;

describeOnEachDatabase('retention, in a Latchkey', (kind) => {
  let database: NodeDatabase;
  const running = new Set<TestLatchkey>();

  afterEach(async () => {
    const [last, ...others] = running;
    for (const one of others) await one.close();
    await last?.remove();
    running.clear();
    await database.remove();
  });

  it('is done by one node at the start, as each account’s policy says, and the trails still hold', async () => {
    database = await databaseFor(kind);
    let now = Date.now() - 200 * day;
    const clock = { wallClock: () => now };
    const first = await startTestLatchkey({ ...database.environment }, clock);
    running.add(first);
    const accounts: Json[] = [];
    for (const policy of [{}, { retentionDaysAudit: 250 }, { retentionDaysAudit: 1 }]) {
      // Accounts are seen to in the order in which they were opened.
      now += 1_000;
      const account = await first.manage('POST', '/v1/accounts', { name: 'Aged' });
      await first.manage('PUT', `/v1/accounts/${account.id}/policy`, policy);
      await writeEvents(first, account.id, 1_500);
      accounts.push(account);
    }
    // A notice of that time, of a key that has ended, and the answer of an export.
    const [usual, longer] = accounts as [Json, Json];
    const at = `/v1/accounts/${usual.id}`;
    await first.manage('PUT', `${at}/notice-emails`, { emails: ['ops@example.com'] });
    const key = await first.manage('POST', `${at}/keys`, { name: 'Old', scopes: [] });
    await first.manage('POST', `${at}/keys/${key.id}/revoke`);
    const exported = await first.ask('GET', `${at}/request-log/export?format=ndjson`, {
      secret: first.operatorKey,
    });
    const exportId = String(exported.headers.get('latchkey-export')).split(/[^\w]/)[0];
    await until('its e-mail is kept', async () => {
      const { results } = await first.manage('GET', `${at}/notices`);
      const { deliveries } = await first.manage('GET', `${at}/notices/${results[0].id}`);
      return deliveries.every(({ state }: Json) => state === 'kept');
    });
    await first.close();
    running.clear();

    now = Date.now();
    const environment = { ...database.environment, TEST_FOLDER: first.folder };
    const told: Json[][] = [[], []];
    const start = (node: number): Promise<TestLatchkey> =>
      startTestLatchkey(environment, {
        ...clock,
        logLines: { write: (line: string) => void told[node]?.push(JSON.parse(line)) },
      });
    const nodes = await Promise.all(kind === 'sqlite' ? [start(0)] : [start(0), start(1)]);
    for (const node of nodes) running.add(node);
    const [one] = nodes as [TestLatchkey];
    const trail = async (id: string, query = ''): Promise<Json[]> =>
      (await one.manage('GET', `/v1/accounts/${id}/audit-events?limit=500${query}`)).results;
    await until('all is done', async () =>
      told.flat().some(({ accountId, part }) => part === 'audit' && accountId === accounts[2]?.id),
    );
    const removals = told.map((lines) =>
      lines.filter(({ msg }) => msg === 'Retention took away what was past its time'),
    );
    // One of them did it all.
    expect(removals.filter((lines) => lines.length > 0)).toHaveLength(1);
    const lines = removals.flat().map(({ part, what, accountId }) => [part, what, accountId]);
    expect(lines).toContainEqual(['notices', 'notices', usual.id]);
    expect(lines).toContainEqual(['audit', 'audit events', usual.id]);
    expect(lines).not.toContainEqual(['audit', 'audit events', longer.id]);
    for (const [i, { id }] of accounts.entries()) {
      const path = `/v1/accounts/${id}/audit-events/verify`;
      const found = await one.manage('POST', path);
      expect(found).toMatchObject({ intact: true, brokenAt: null });
      const pruned = await trail(id, '&action=audit.pruned');
      if (i === 1) expect([found.firstSeq, pruned]).toEqual([1, []]);
      else expect([found.firstSeq > 1_500, pruned.length]).toEqual([true, 2]);
    }
    expect((await one.manage('GET', `${at}/notices`)).results).toEqual([]);
    const manifest = await one.ask('GET', `${at}/request-log/exports/${exportId}`, {
      secret: one.operatorKey,
    });
    expect(manifest.status).toBe(404);
    // What comes now goes on where the rest ends.
    await one.manage('PATCH', at, { name: 'Goes on' });
    const [last, ...others] = await trail(usual.id);
    expect(last.previousDigest).toBe(others[0]?.digest);
  });

  it('takes calls and their counters out of the log, and says from when on it is whole', async () => {
    database = await databaseFor(kind);
    let now = Date.now() - 200 * day;
    const clock = { wallClock: () => now };
    const first = await startTestLatchkey({ ...database.environment }, clock);
    running.add(first);
    const accounts: Json[] = [];
    for (const policy of [{}, { retentionDaysCalls: 300, retentionDaysCounters: 300 }]) {
      const account = await first.manage('POST', '/v1/accounts', { name: 'Aged' });
      await first.manage('PUT', `/v1/accounts/${account.id}/policy`, policy);
      const path = `/v1/accounts/${account.id}/keys`;
      accounts.push({
        id: account.id,
        key: await first.manage('POST', path, { name: 'Old', scopes: [] }),
      });
    }
    const callWithEach = async (latchkey: TestLatchkey): Promise<void> => {
      for (const { key } of accounts)
        await latchkey.call('GET', '/latchkey/v1/self', { secret: key.secret });
    };
    await callWithEach(first);
    const gapsBefore = await first.manage('GET', '/v1/request-log/gaps');
    expect(gapsBefore).toMatchObject({ missingCalls: 0, gaps: [], unclearEnds: [] });
    expect(gapsBefore.rows).toBeGreaterThan(1);
    await first.close();
    running.clear();

    now = Date.now();
    const told: Json[] = [];
    const latchkey = await startTestLatchkey(
      { ...database.environment, TEST_FOLDER: first.folder },
      { ...clock, logLines: { write: (line: string) => void told.push(JSON.parse(line)) } },
    );
    running.add(latchkey);
    const [usual, longer] = accounts as [Json, Json];
    await until('both are gone', () =>
      ['calls', 'hours'].every((what) =>
        told.some((line) => line.what === what && line.accountId === usual.id),
      ),
    );
    await callWithEach(latchkey);
    const callsOf = async ({ id }: Json): Promise<Json[]> =>
      (await latchkey.manage('GET', `/v1/accounts/${id}/request-log`)).results;
    const iso = (daysAgo: number): string => new Date(now - daysAgo * day).toISOString();
    const oldHoursOf = async ({ id, key }: Json): Promise<Json[]> => {
      const usage = `/v1/accounts/${id}/keys/${key.id}/usage?from=${iso(205)}&to=${iso(195)}`;
      return (await latchkey.manage('GET', usage)).hours;
    };
    await until('the calls of today are on the log', async () => (await callsOf(usual)).length > 0);
    expect(await callsOf(usual)).toHaveLength(1);
    expect(await callsOf(longer)).toHaveLength(2);
    expect(await oldHoursOf(usual)).toEqual([]);
    expect(await oldHoursOf(longer)).toHaveLength(1);
    // The log has holes where one account's rows were taken, and they are not told as losses.
    const gaps = await latchkey.manage('GET', '/v1/request-log/gaps?from=2000-01-01T00:00:00Z');
    expect(gaps).toMatchObject({ missingCalls: 0, gaps: [], hasMore: false });
    expect(Date.parse(gaps.checkedFrom)).toBe(now - 90 * day + 3_600_000);
    const incident = async ({ id }: Json): Promise<Json> =>
      latchkey.manage('GET', `/v1/accounts/${id}/registers/incident?ip=127.0.0.1`);
    expect(Date.parse((await incident(usual)).completeSince)).toBe(now - 90 * day);
    expect(Date.parse((await incident(longer)).completeSince)).toBeLessThan(now - 199 * day);
  });
});
