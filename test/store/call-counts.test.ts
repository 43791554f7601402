import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { NewCall } from '../../src/core/ports.js';
import type { CallCounts, ValueCount } from '../../src/store/call-log/read/call-counts.js';
import type { CallFilter } from '../../src/store/call-log/read/call-filter.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const start = Date.parse('2027-01-15T08:00:00.000Z');
const hour = 3_600_000;
const rows = 6_000;
/** Over two days, not evenly: the second is twice as busy. */
const times = Array.from({ length: rows }, (_, i) =>
  Math.floor(start + 48 * hour * (i / rows) ** 0.7),
);

const accounts = ['acc_1', 'acc_2', 'acc_3'];
const reasons = [null, null, null, null, null, 'SCOPE_MISSING', null, 'IP_NOT_ALLOWED'] as const;

function fieldsOf(i: number): Partial<NewCall> {
  const reason = reasons[i % reasons.length] ?? null;
  return {
    at: times[i] as number,
    accountId: accounts[i % accounts.length] as string,
    keyId: `key_${i % 70}`,
    keyName: `Key ${i % 70}`,
    secretId: `sec_${i % 70}`,
    callerIp: i % 11 === 0 ? null : `10.0.${i % 3}.${i % 13}`,
    route: i % 5 === 0 ? null : `/things/${i % 4}`,
    status: reason === null ? 200 : 403,
    decision: reason === null ? 'allowed' : 'denied',
    reason,
    path: i % 1_000 === 7 ? '/rare' : '/usual',
  };
}

const filters: readonly (readonly [string, CallFilter, (call: Partial<NewCall>) => boolean])[] = [
  ['all of it', {}, () => true],
  ['an account', { accountId: 'acc_2' }, ({ accountId }) => accountId === 'acc_2'],
  ['a key', { keyId: 'key_5' }, ({ keyId }) => keyId === 'key_5'],
  [
    'a network of an account',
    { accountId: 'acc_1', ip: '10.0.0.0/30' },
    ({ accountId, callerIp }) => accountId === 'acc_1' && /^10\.0\.0\.[0-3]$/.test(callerIp ?? ''),
  ],
  ['denials', { decision: 'denied' }, ({ decision }) => decision === 'denied'],
  ['what is rare', { path: '/rare' }, ({ path }) => path === '/rare'],
  [
    'a time',
    { from: start + 5 * hour, to: start + 6 * hour },
    ({ at = 0 }) => at >= start + 5 * hour && at < start + 6 * hour,
  ],
  ['nothing', { accountId: 'acc_none' }, () => false],
];

describeOnEachDatabase('what a filter finds is counted', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;
  let calls: readonly Partial<NewCall>[];

  beforeAll(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
    const writer = await log.writer();
    calls = Array.from({ length: rows }, (_, i) => exampleCall(writer, fieldsOf(i)));
    await Promise.all(calls.map((call) => writer.write(call as NewCall)));
  });

  afterAll(async () => {
    await log?.close();
    await home?.remove();
  });

  it.each(filters)('exactly, where it is not much: %s', async (_what, filter, matches) => {
    const counts = await log.store.count(filter);
    const expected = calls.filter(matches);
    expect(counts.estimated).toBe(false);
    expect(counts.calls).toBe(expected.length);
    expect(counts.deniedCalls).toBe(expected.filter(({ decision }) => decision === 'denied').length);
    expect(counts.by.status).toEqual(rankingOf(expected, ({ status }) => String(status)));
    expect(counts.by.reason).toEqual(rankingOf(expected, ({ reason }) => reason ?? null));
    expect(counts.by.key).toEqual(rankingOf(expected, ({ keyId }) => keyId ?? null));
    expect(counts.by.ip).toEqual(rankingOf(expected, ({ callerIp }) => callerIp ?? null));
    expect(counts.by.route).toEqual(rankingOf(expected, ({ route }) => route ?? null));
    expectTimesOf(counts, expected);
  });

  it('in intervals that are no more than a chart can show, whatever the time', async () => {
    const intervalOf = async (hours: number) =>
      (await log.store.count({ from: start, to: start + hours * hour })).intervalMs / 60_000;
    expect(await intervalOf(1)).toBe(1);
    expect(await intervalOf(24)).toBe(15);
    expect(await intervalOf(48)).toBe(60);
  });

  it('names the keys that it counts', async () => {
    const { keyNames } = await log.store.count({ keyId: 'key_5' });
    expect([...keyNames]).toEqual([['key_5', 'Key 5']]);
  });

  it.each([
    ['all of it', {}, () => true],
    ['an account', { accountId: 'acc_2' }, ({ accountId }: Partial<NewCall>) => accountId === 'acc_2'],
    ['denials', { decision: 'denied' as const }, ({ decision }: Partial<NewCall>) => decision === 'denied'],
  ])('and estimated where it is too much to look at each, and says so: %s', async (_what, filter, matches) => {
    const counts = await log.hastyStore().count(filter);
    const expected = calls.filter(matches);
    expect(counts.estimated).toBe(true);
    // How many there are is counted where an index does it, and the filter is no more than that.
    if (!('decision' in filter)) expect(counts.calls).toBe(expected.length);
    expect(Math.abs(counts.calls / expected.length - 1)).toBeLessThan(0.2);
    const routes = rankingOf(expected, ({ route }) => route ?? null).results;
    for (const { value, calls: real } of routes) {
      const told = counts.by.route.results.find((one) => one.value === value);
      expect(Math.abs((told?.calls ?? 0) / real - 1)).toBeLessThan(0.35);
    }
    const inTimes = counts.times.reduce((sum, { calls: some }) => sum + some, 0);
    expect(Math.abs(inTimes - counts.calls)).toBeLessThan(counts.times.length);
  });
}); // prettier-ignore

function rankingOf(
  calls: readonly Partial<NewCall>[],
  valueOf: (call: Partial<NewCall>) => string | null,
): CallCounts['by']['key'] {
  const counts = new Map<string | null, { calls: number; deniedCalls: number }>();
  for (const call of calls) {
    const value = valueOf(call);
    const count = counts.get(value) ?? { calls: 0, deniedCalls: 0 };
    count.calls += 1;
    if (call.decision === 'denied') count.deniedCalls += 1;
    counts.set(value, count);
  }
  const all: ValueCount[] = [...counts].map(([value, count]) => ({ value, ...count }));
  all.sort((a, b) => b.calls - a.calls || (String(a.value) < String(b.value) ? -1 : 1));
  const otherCalls = all.slice(50).reduce((sum, { calls: some }) => sum + some, 0);
  return { results: all.slice(0, 50), otherCalls };
}

function expectTimesOf(counts: CallCounts, calls: readonly Partial<NewCall>[]): void {
  const { intervalMs, times: told } = counts;
  expect(told.length).toBeLessThanOrEqual(101);
  for (const { from, calls: some, deniedCalls } of told) {
    expect(from % intervalMs).toBe(0);
    const inIt = calls.filter(({ at = 0 }) => at >= from && at < from + intervalMs);
    expect([some, deniedCalls]).toEqual([
      inIt.length,
      inIt.filter(({ decision }) => decision === 'denied').length,
    ]);
  }
  expect(told.reduce((sum, { calls: some }) => sum + some, 0)).toBe(calls.length);
}
