import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { policyUnlessSet, type AccountPolicy } from '../../src/core/account-policy.js';
import { CallRetention, CounterRetention } from '../../src/retention/call-log-retention.js';
import type { Pruner, Removed } from '../../src/retention/pruner.js';
import { CallsKeptStore } from '../../src/store/calls-kept.store.js';
import { RetentionTerms } from '../../src/retention/retention-terms.js';
import { KeptCallLog } from '../support/kept-call-log.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const day = 86_400_000;
const days = [1, 7, 30, 45, null] as const;
const defaults: AccountPolicy = {
  ...policyUnlessSet,
  ...{ retentionDaysCalls: 30, retentionDaysCounters: 30 },
};

describeOnEachDatabase('retention of the call log', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let log: KeptCallLog;
  let terms: RetentionTerms;
  let kept: CallsKeptStore;
  /** Accounts, and a key of each, by what it keeps. */
  let accounts: { id: string; keyId: string; keptDays: number }[];

  beforeEach(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    log = new KeptCallLog();
    terms = new RetentionTerms(store.accounts, defaults);
    kept = new CallsKeptStore(store.database);
    accounts = [];
    for (const own of days) {
      const { id } = await store.openAccount();
      const policy = own === null ? {} : { retentionDaysCalls: own, retentionDaysCounters: own };
      await store.database.change((change) => store.accounts.change(change, id, { policy }));
      const { id: keyId } = await store.issueKey(id);
      accounts.push({ id, keyId, keptDays: own ?? 30 });
    }
  });

  afterEach(async () => {
    await store.close();
    await home.remove();
  });

  /** Something every ten hours, of everybody. */
  const fill = (table: 'calls' | 'hours' | 'uses', owners: readonly (string | null)[]): void => {
    const now = store.clock.now();
    for (const owner of owners)
      for (let age = 0; age < 60 * day; age += 10 * 3_600_000)
        log[table].push({ owner, at: now - age });
  };
  const run = async (pruner: Pruner, now: number): Promise<Removed[]> => {
    const removed: Removed[] = [];
    for await (const piece of pruner.prune(now, new AbortController().signal)) removed.push(piece);
    return removed.filter(({ count }) => count > 0);
  };

  it('drops the days that nobody keeps, and deletes what some keep no longer; nothing newer', async () => {
    const owners = [null, ...accounts.map(({ id }) => id)];
    fill('calls', owners);
    const all = log.calls;
    const now = store.clock.now();
    const removed = await run(new CallRetention(terms, log, log, kept), now);
    // The longest that anybody keeps is 45 days; what lies in a day that is not wholly older stays.
    expect(removed[0]).toMatchObject({ accountId: null, what: 'days of calls' });
    for (const { owner, at } of all) {
      const keptDays = accounts.find(({ id }) => id === owner)?.keptDays ?? 30;
      const isThere = log.calls.some((row) => row.owner === owner && row.at === at);
      if (at >= now - keptDays * day) expect(isThere).toBe(true);
      else if (at < now - (keptDays === 45 ? 46 : keptDays) * day) expect(isThere).toBe(false);
    }
    const of = (accountId: string | null) =>
      removed.filter((one) => one.accountId === accountId && one.what === 'calls').length;
    expect([null, ...accounts.map(({ id }) => id)].map(of)).toEqual([1, 1, 1, 1, 0, 1]);
    expect(await run(new CallRetention(terms, log, log, kept), now)).toEqual([]);
    // From then on the log is whole, as far as that is known, whatever retention is set to by now.
    for (const { id, keptDays } of accounts)
      expect(await kept.wholeSinceOf(id)).toBe(now - Math.min(keptDays, 45) * day);
    const shortest = Math.min(30, ...accounts.map(({ keptDays }) => keptDays));
    expect(await kept.wholeSince()).toBe(now - shortest * day);
  });

  it('counters go with their own account’s time, whatever becomes of calls', async () => {
    const keys = accounts.map(({ keyId }) => keyId);
    fill('hours', [...keys, 'key_of_nobody']);
    fill('uses', keys);
    const [hours, uses] = [log.hours, log.uses];
    const now = store.clock.now();
    await run(new CounterRetention(terms, store.keys, log, log), now);
    const expected = (rows: typeof hours) =>
      rows.filter(({ owner, at }) => {
        const keptDays = accounts.find(({ keyId }) => keyId === owner)?.keptDays;
        return keptDays === undefined || at >= now - keptDays * day;
      });
    expect(log.hours).toEqual(expected(hours));
    expect(log.uses).toEqual(expected(uses));
  });

  it('says that nothing was removed where nothing was old enough', async () => {
    const now = store.clock.now();
    for (const { id } of accounts) log.calls.push({ owner: id, at: now });
    const retention = new CallRetention(terms, log, log, kept);
    expect(await retention.isDue(now)).toBe(false);
    await run(retention, now);
    expect(await kept.wholeSince()).toBe(0);
    log.calls.push({ owner: null, at: now - 31 * day });
    expect(await retention.isDue(now)).toBe(true);
  });

  it('goes on while there is as much as it takes at once', async () => {
    const id = accounts[0]?.id ?? '';
    const old = store.clock.now() - 3 * day;
    for (let i = 0; i < 2_500; i += 1) log.calls.push({ owner: id, at: old });
    const removed = await run(new CallRetention(terms, log, log, kept), store.clock.now());
    expect(removed.map(({ count }) => count)).toEqual([1000, 1000, 500]);
  });
});
