import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { JunkCountsStore } from '../../src/store/junk-counts/junk-counts.store.js';
import { JunkLedger } from '../../src/store/junk-counts/junk-ledger.js';
import { openJunkCounts } from '../../src/store/junk-counts/open-junk-counts.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const minute = 1_700_000_040_000;
const block = '203.0.113.0/24';
const reason = 'KEY_UNKNOWN';

describeOnEachDatabase('#89 counts of what has no row', (kind) => {
  let home: TestDatabase;
  let dataSource: DataSource;
  let store: JunkCountsStore;

  beforeEach(async () => {
    home = await makeDatabase(kind);
    await migrateCallLog(home.url);
    dataSource = await openJunkCounts(home.url);
    store = new JunkCountsStore(dataSource, 'nod_1');
  });

  afterEach(async () => {
    await dataSource.destroy();
    await home.remove();
  });

  const all = (filter = {}) => store.list(filter, 10_000, null);

  it('are exact, by minute, block and reason, the latest minute first', async () => {
    const ledger = new JunkLedger(store);
    for (let i = 0; i < 5; i += 1) ledger.count(minute, block, reason);
    ledger.count(minute, block, null);
    ledger.count(minute, '2001:db8::/64', reason);
    ledger.count(minute + 60_000, block, 'REQUEST_MALFORMED');
    await ledger.stop();
    expect(await all()).toEqual([
      { minute: minute + 60_000, block, reason: 'REQUEST_MALFORMED', calls: 1 },
      { minute, block, reason, calls: 5 },
      { minute, block, reason: null, calls: 1 },
      { minute, block: '2001:db8::/64', reason, calls: 1 },
    ]);
    expect(await all({ from: minute + 60_000 })).toHaveLength(1);
    expect(await all({ to: minute + 60_000, block, reason })).toEqual([
      { minute, block, reason, calls: 5 },
    ]);
  });

  it('go on growing after they were saved, and several processes add up', async () => {
    const ledger = new JunkLedger(store);
    ledger.count(minute, block, reason);
    await ledger.stop();
    ledger.count(minute, block, reason);
    await ledger.stop();
    const other = new JunkLedger(new JunkCountsStore(dataSource, 'nod_2'));
    other.count(minute, block, reason);
    await other.stop();
    expect(await all()).toEqual([{ minute, block, reason, calls: 3 }]);
  });

  it('are read page by page, each once', async () => {
    const ledger = new JunkLedger(store);
    for (let i = 0; i < 30; i += 1)
      ledger.count(minute + (i % 3) * 60_000, `10.0.${i % 5}.0/24`, i % 2 === 0 ? reason : null);
    await ledger.stop();
    const whole = await all();
    expect(whole).toHaveLength(30);
    const read: typeof whole = [];
    for (;;) {
      const page = await store.list({}, 7, read.at(-1) ?? null);
      if (page.length === 0) break;
      read.push(...page);
    }
    expect(read).toEqual(whole);
  });

  it('tell a thousand places of a minute apart, and lose no call beyond them', async () => {
    const ledger = new JunkLedger(store);
    for (let round = 0; round < 2; round += 1) {
      for (let i = 0; i < 3_000; i += 1)
        ledger.count(minute, `10.${i >> 8}.${i & 255}.0/24`, reason);
    }
    await ledger.stop();
    const counts = await all();
    expect(counts).toHaveLength(1_001);
    expect(counts.find((count) => count.block === '*')).toEqual({
      ...{ minute, block: '*', reason, calls: 4_000 },
    });
    expect(counts.reduce((sum, { calls }) => sum + calls, 0)).toBe(6_000);
  });

  it('wait where they cannot be saved, and are saved once when they can', async () => {
    const told: boolean[] = [];
    const ledger = new JunkLedger(store, (healthy) => void told.push(healthy));
    const schema = kind === 'postgres' ? 'call_log.' : '';
    await dataSource.query(`ALTER TABLE ${schema}junk_count RENAME TO away`);
    ledger.count(minute, block, reason);
    await ledger.stop();
    ledger.count(minute, block, reason);
    await dataSource.query(`ALTER TABLE ${schema}away RENAME TO junk_count`);
    await ledger.stop();
    expect(told).toEqual([false, true]);
    expect(await all()).toEqual([{ minute, block, reason, calls: 2 }]);
  });

  it('are removed after ninety days, and nothing newer with them', async () => {
    const day = 86_400_000;
    await store.save([
      { minute: minute - 90 * day - 60_000, block, reason, calls: 1 },
      { minute: minute - 90 * day, block, reason, calls: 2 },
    ]);
    const ledger = new JunkLedger(store);
    ledger.count(minute, block, reason);
    await ledger.stop();
    expect((await all()).map(({ calls }) => calls)).toEqual([1, 2]);
  });
});
