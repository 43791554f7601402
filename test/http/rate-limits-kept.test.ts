import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { publishCrm, type Crm } from '../support/crm.js';
import { startTestLatchkey, type Json, type TestLatchkey } from '../support/latchkey.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { describeWithPostgres } from '../support/postgres.js';
import { describeOnEachDatabase } from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';
import { startUpstream, type RecordingUpstream } from '../support/upstream.js';
import { longLeaseMs, startTwoNodes, type TwoNodes } from '../support/two-nodes.js';

const day = 86_400_000;
/** Longer than from one save to the next. */
const savedMs = 1_500;
/** Longer than until what others have saved is heard. */
const heardMs = 2_500;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const saidTo = async (latchkey: TestLatchkey, key: Json): Promise<unknown> => {
  const { status, json } = await latchkey.call('GET', '/crm/contacts', { secret: key.secret });
  return json.policyName ?? json.reason ?? status;
};

const usesOf = async ({ app }: TestLatchkey): Promise<Json[]> =>
  app
    .get<DataSource>(getDataSourceToken())
    .query('SELECT holder_id, calls_of_day FROM rate_limit_use ORDER BY holder_id');

describeOnEachDatabase('what was counted against limits', (kind) => {
  let folder: string;
  let database: NodeDatabase;
  let upstream: RecordingUpstream;
  let latchkey: TestLatchkey;
  let crm: Crm;
  let now: number;

  const startAgain = () => {
    const environment = { TEST_FOLDER: folder, ...database.environment };
    return startTestLatchkey(environment, { wallClock: () => now, leaseMs: longLeaseMs });
  };

  beforeEach(async () => {
    folder = makeFolder('limits');
    database = await databaseFor(kind);
    upstream = await startUpstream();
    now = Date.parse('2030-01-01T12:00:00Z');
    latchkey = await startAgain();
    crm = await publishCrm(latchkey, upstream.url);
  });

  afterEach(async () => {
    await latchkey?.remove();
    removeFolder(folder);
    await database.remove();
    await upstream.close();
  });

  const limits = { rolling: { requests: 3, windowSeconds: 3600 }, daily: { requests: 4 } };

  const usedUp = async (): Promise<Json> => {
    await latchkey.manage('PATCH', `/v1/accounts/${crm.accountId}`, { rateLimits: { daily: { requests: 5 } } });
    const key = await crm.makeKey({ rateLimits: limits });
    for (let i = 0; i < 3; i += 1) expect(await saidTo(latchkey, key)).toBe(200);
    expect(await saidTo(latchkey, key)).toBe('HOURLY_ROLLING');
    return key;
  }; // prettier-ignore

  it('is there after a restart, to the call: a stop saves it', async () => {
    const key = await usedUp();
    await latchkey.close();
    latchkey = await startAgain();
    expect(await saidTo(latchkey, key)).toBe('HOURLY_ROLLING');
    now += 3_600_000 - 1;
    expect(await saidTo(latchkey, key)).toBe('HOURLY_ROLLING');
    now += 1;
    expect([await saidTo(latchkey, key), await saidTo(latchkey, key)]).toEqual([200, 'DAILY']);
    await latchkey.close();
    latchkey = await startAgain();
    const body = { name: 'Other', scopes: ['contacts.read'] };
    const other = await latchkey.manage('POST', `/v1/accounts/${crm.accountId}/keys`, body);
    expect([await saidTo(latchkey, other), await saidTo(latchkey, other)]).toEqual([200, 'DAILY']);
    now = Date.parse('2030-01-02T00:00:00Z');
    expect(await saidTo(latchkey, key)).toBe(200);
  });

  it('#52 is there after a restart for which the clock was set back, and shuts nobody out for ever', async () => {
    const key = await usedUp();
    await latchkey.close();
    now -= kind === 'sqlite' ? 400 * day : 3_600_000;
    latchkey = await startAgain();
    expect(await saidTo(latchkey, key)).toBe('HOURLY_ROLLING');
    now += 2 * 3_600_000;
    expect([await saidTo(latchkey, key), await saidTo(latchkey, key)]).toEqual([200, 'DAILY']);
    now += 2 * day;
    expect(await saidTo(latchkey, key)).toBe(200);
  });

  it('is written once a second at most, one row for each key and account, and not without calls', async () => {
    expect(await usesOf(latchkey)).toEqual([]);
    const key = await usedUp();
    await pause(savedMs);
    const uses = await usesOf(latchkey);
    expect(uses.map((use) => [use['holder_id'], Number(use['calls_of_day'])])).toEqual(
      [[crm.accountId, 3], [key.id, 3]], // prettier-ignore
    );
    const withoutLimits = await latchkey.manage('POST', '/v1/accounts', { name: 'Free' });
    const body = { name: 'K', scopes: ['contacts.read'] };
    const free = await latchkey.manage('POST', `/v1/accounts/${withoutLimits.id}/keys`, body);
    expect(await saidTo(latchkey, free)).toBe(200);
    expect(await saidTo(latchkey, key)).toBe('HOURLY_ROLLING');
    await pause(savedMs);
    expect(await usesOf(latchkey)).toEqual(uses);
  });

  it('is taken away once it counts no more', async () => {
    await usedUp();
    await latchkey.close();
    now += day;
    latchkey = await startAgain();
    for (let i = 0; i < 100 && (await usesOf(latchkey)).length > 0; i += 1) await pause(50);
    expect(await usesOf(latchkey)).toEqual([]);
  });
});

describeWithPostgres('several nodes count together', () => {
  let nodes: TwoNodes;

  beforeEach(async () => {
    nodes = await startTwoNodes({ leaseMs: longLeaseMs });
  });

  afterEach(() => nodes?.close());

  it('each hears within two seconds what others have counted, in windows and in days', async () => {
    const { one, other, crm } = nodes;
    const limits = { rolling: { requests: 8, windowSeconds: 3600 }, daily: { requests: 7 } };
    const key = await crm.makeKey({ rateLimits: limits });
    const at = `/v1/accounts/${crm.accountId}/keys/${key.id}`;
    for (let i = 0; i < 3; i += 1)
      expect([await saidTo(one, key), await saidTo(other, key)]).toEqual([200, 200]);
    await pause(heardMs);
    // By now both know of six; the last one is whoever's comes first.
    expect(await saidTo(one, key)).toBe(200);
    expect(await saidTo(one, key)).toBe('DAILY');
    await pause(heardMs);
    expect((await other.manage('GET', `${at}/limits`)).limits).toMatchObject([
      { used: 7, remaining: 1 },
      { used: 7, remaining: 0 },
    ]);
    expect(await saidTo(other, key)).toBe('DAILY');
    await one.manage('PATCH', at, { rateLimits: { ...limits, daily: null } });
    expect([await saidTo(one, key), await saidTo(one, key)]).toEqual([200, 'HOURLY_ROLLING']);
  });

  it('a node that begins knows what the others have counted before', async () => {
    const { one, other, crm } = nodes;
    const key = await crm.makeKey({ rateLimits: { daily: { requests: 2 } } });
    for (let i = 0; i < 2; i += 1) expect(await saidTo(one, key)).toBe(200);
    await pause(heardMs);
    expect((await other.manage('GET', `/v1/accounts/${crm.accountId}/keys/${key.id}/limits`)).limits).toMatchObject([{ used: 2 }]);
    expect(await saidTo(other, key)).toBe('DAILY');
  }); // prettier-ignore
});
