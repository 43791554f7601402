import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewCall } from '../../src/core/ports.js';
import { InvalidFilterError } from '../../src/store/call-log/read/call-filter.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import type { SumFilter } from '../../src/store/call-log/read/call-sums.store.js';
import {
  CallTally,
  type Tallied,
  type TallyBounds,
} from '../../src/store/call-log/read/call-tally.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';

const start = Date.UTC(2027, 0, 31, 23, 59, 0);
const day = 86_400_000;
const roomy: TallyBounds = { callers: 1_000, names: 1_000 };

/** A sum by plain code, to hold the store's to. */
interface Sum {
  of: unknown;
  use: { calls: number; deniedCalls: number; firstUsedAt: number; lastUsedAt: number };
}

function sumBy(calls: readonly NewCall[], keyOf: (call: NewCall) => unknown): Sum[] {
  const sums = new Map<string, Sum>();
  for (const call of calls.toSorted((a, b) => a.at - b.at)) {
    const of = keyOf(call);
    const known = sums.get(JSON.stringify(of));
    const denied = call.decision === 'denied' ? 1 : 0;
    if (known === undefined) {
      const use = { calls: 1, deniedCalls: denied, firstUsedAt: call.at, lastUsedAt: call.at };
      sums.set(JSON.stringify(of), { of, use });
      continue;
    }
    known.use.calls += 1;
    known.use.deniedCalls += denied;
    known.use.lastUsedAt = call.at;
  }
  return [...sums.values()];
}

/** Calls of one millisecond come first in either order. */
const byName = (sums: readonly (Tallied<unknown> | Sum)[]) =>
  sums
    .map(({ of, use }) => ({ of, use }))
    .toSorted((a, b) => (JSON.stringify(a.of) < JSON.stringify(b.of) ? -1 : 1));

describeOnEachDatabase('the sums of the call log', (kind) => {
  let home: TestDatabase;
  let log: TestCallLog;
  let writer: CallLogWriter;
  const calls: NewCall[] = [];

  const write = async (fields: Partial<NewCall>): Promise<NewCall> => {
    const call = exampleCall(writer, fields);
    await writer.write(call);
    calls.push(call);
    return call;
  };

  const sum = async (
    filter: SumFilter,
    { rows = 7, bounds = roomy }: { rows?: number; bounds?: TallyBounds } = {},
  ): Promise<CallTally> => {
    const tally = new CallTally(bounds);
    for await (const _slice of log.sums(rows).addTo(tally, filter));
    return tally;
  };

  const pick = <T>(of: readonly T[], i: number): T => of[i % of.length] as T;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    log = await TestCallLog.create(home);
    writer = await log.writer();
    expect(await log.sums().rowsSince()).toBeNull();
    await Promise.all(
      Array.from({ length: 400 }, (_, i) =>
        write({
          // Over three days, with days between them that hold nothing, several calls in a millisecond.
          at: start + Math.floor(i / 3) * 1_000 + (i > 300 ? 9 * day : 0),
          accountId: pick(['acc_1', 'acc_1', 'acc_1', 'acc_2', null], i),
          keyId: pick(['key_1', 'key_2', null], i),
          keyName: pick(['A', 'B'], i),
          callerIp: pick(['10.0.0.1', '10.0.0.2', '2001:db8::1', null], i * 7),
          serviceId: pick(['svc_1', null], i),
          method: pick(['GET', 'POST'], i * 3),
          route: pick(['/contacts/{id}', '/deals', null], i * 5),
          usedScopes: pick([['contacts.read'], ['contacts.read', 'deals.read'], []], i),
          ...(i % 4 === 0
            ? {
                decision: 'denied' as const,
                reason: pick(['SCOPE_MISSING', 'KEY_REVOKED'] as const, i / 4),
              }
            : { decision: 'allowed' as const, reason: null }),
        }),
      ),
    );
  });

  afterAll(async () => {
    await log?.close();
    await home?.remove();
  });

  const filters: readonly (readonly [SumFilter, (call: NewCall) => boolean])[] = [
    [{ accountId: 'acc_1' }, (call) => call.accountId === 'acc_1'],
    [{ accountId: 'acc_2', keyId: 'key_1' }, (call) => call.accountId === 'acc_2' && call.keyId === 'key_1'],
    [{ accountId: 'acc_1', ip: '10.0.0.1' }, (call) => call.accountId === 'acc_1' && call.callerIp === '10.0.0.1'],
    [{ accountId: 'acc_1', ip: '10.0.0.0/8' }, (call) => call.accountId === 'acc_1' && call.callerIp?.startsWith('10.') === true],
    [{ ip: '::/0' }, (call) => call.callerIp?.includes(':') === true],
    [{ accountId: 'acc_1', keyId: 'key_2', ip: '2001:db8::1' }, (call) => call.accountId === 'acc_1' && call.keyId === 'key_2' && call.callerIp === '2001:db8::1'],
    [{ accountId: 'acc_1', from: start + 20_000, to: start + 70_000 }, (call) => call.accountId === 'acc_1' && call.at >= start + 20_000 && call.at < start + 70_000],
    [{ from: start + 20_000, to: start + 20_001 }, (call) => call.at === start + 20_000],
    [{ from: start + day }, (call) => call.at >= start + day],
    [{ accountId: 'acc_1', from: 0, to: 8.64e15 }, (call) => call.accountId === 'acc_1'],
    [{ accountId: 'acc_3' }, () => false],
    [{ accountId: 'acc_1', keyId: 'a\0' }, () => false],
    [{ accountId: "' OR 1 = 1 --" }, () => false],
    [{ from: start + 5, to: start + 5 }, () => false],
    [{}, () => true],
  ]; // prettier-ignore

  it.each(filters)('%j: what plain code makes of the same calls', async (filter, matches) => {
    const matching = calls.filter(matches);
    const tally = await sum(filter);
    expect(tally.all).toEqual(sumBy(matching, () => '')[0]?.use ?? null);
    const allowed = matching.filter(({ decision }) => decision === 'allowed');
    const denied = matching.filter(({ decision }) => decision === 'denied');
    const dimensions: [readonly Tallied<unknown>[], Sum[]][] = [
      [tally.callers, sumBy(matching, (call) => call.callerIp ?? '')],
      [tally.routes, sumBy(matching, ({ serviceId, method, route }) => ({ serviceId, method, route }))],
      [tally.scopeLists, sumBy(allowed, (call) => call.usedScopes)],
      [tally.reasons, sumBy(denied, (call) => call.reason)],
      [tally.keys.map(({ of, use }) => ({ of: [of?.accountId, of?.keyId], use })), sumBy(matching, (call) => [call.accountId, call.keyId])],
    ]; // prettier-ignore
    for (const [found, expected] of dimensions) expect(byName(found)).toEqual(byName(expected));
  });

  it.each([1, 2, 50, 10_000])('in slices of %i rows: the same', async (rows) => {
    const whole = await sum({ accountId: 'acc_1' }, { rows: 100_000 });
    const sliced = await sum({ accountId: 'acc_1' }, { rows });
    expect(byName(sliced.callers)).toEqual(byName(whole.callers));
    expect(sliced.all).toEqual(whole.all);
  });

  it('gives a turn after each slice, however many rows there are', async () => {
    let slices = 0;
    for await (const _slice of log.sums(10).addTo(new CallTally(roomy), {})) slices += 1;
    expect(slices).toBeGreaterThanOrEqual(40);
    expect(slices).toBeLessThan(50);
  });

  it('what is not told apart counts under a block, and then under everything else', async () => {
    const tally = await sum({ accountId: 'acc_1' }, { bounds: { callers: 1, names: 1 } });
    const matching = calls.filter(({ accountId }) => accountId === 'acc_1');
    const { callers, routes, keys } = tally;
    for (const sums of [callers, routes, keys]) {
      const counted = sums.reduce((count, { use }) => count + use.calls, 0);
      expect(counted).toBe(matching.length);
      expect(sums.length).toBeLessThanOrEqual(4);
    }
    for (const sums of [routes, keys]) expect(sums.filter(({ of }) => of === null)).toHaveLength(1);
    const blocks = new CallTally({ callers: 1, names: 1 });
    for (const ip of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.1.1'])
      blocks.add({
        caller_ip: ip,
        decision: 'allowed',
        used_scopes: '[]',
        calls: 2,
        first_at: 1,
        last_at: 2,
      });
    expect(blocks.callers.map(({ of, use }) => [of, use.calls])).toEqual([
      ['10.0.0.1', 2],
      ['10.0.0.0/24', 4],
      [null, 2],
    ]);
  });

  it('a key has the name of its latest call', async () => {
    await write({ accountId: 'acc_9', keyId: 'key_9', keyName: 'New', at: start + day });
    await write({ accountId: 'acc_9', keyId: 'key_9', keyName: 'Old', at: start });
    const { keys } = await sum({ accountId: 'acc_9' });
    expect(keys).toMatchObject([
      { of: { accountId: 'acc_9', keyId: 'key_9', keyName: 'New' }, use: { calls: 2 } },
    ]);
  });

  it('a call whose clock was set back is found by its own time', async () => {
    await write({ accountId: 'acc_8', at: start - 5 * day });
    const { all } = await sum({ accountId: 'acc_8', from: start - 6 * day, to: start - 4 * day });
    expect(all).toMatchObject({ calls: 1, firstUsedAt: start - 5 * day });
  });

  it('the log is whole since the day of its oldest row', async () => {
    expect(await log.sums().rowsSince()).toBe(Date.UTC(2027, 0, 31));
  });

  it('which is a later one once its first days were taken out', async () => {
    const first = await writer.nextPosition(start);
    const late = await write({ accountId: 'acc_6', at: Math.ceil(first / 4096) + 3 * day });
    await log.takeOut(`position < ${late.position}`);
    expect(await log.sums().rowsSince()).toBe(Math.floor(late.at / day) * day);
    expect((await sum({ accountId: 'acc_1' })).all).toBeNull();
    expect((await sum({ accountId: 'acc_6' })).all).toMatchObject({ calls: 1 });
  });

  describe('what is not sound', () => {
    it('a range that is none', async () => {
      await expect(sum({ ip: '10.0.0.1/8' })).rejects.toThrow(InvalidFilterError);
    });

    it.each(['accountId', 'keyId', 'ip'])(
      '%s forgotten: nobody’s calls are shown',
      async (name) => {
        for (const nothing of [undefined, null])
          await expect(sum({ accountId: 'acc_1', [name]: nothing } as SumFilter)).rejects.toThrow(
            `${name} was not given.`,
          );
      },
    );
  });

  if (kind === 'postgres')
    it('calls of two nodes in one position are never torn apart', async () => {
      const other = await log.writer({ nodeId: 'nod_2' });
      const one = exampleCall(writer, { accountId: 'acc_7' });
      await writer.write(one);
      await other.write({ ...one, callerIp: '10.7.7.7' });
      for (const rows of [1, 2, 3])
        expect((await sum({ accountId: 'acc_7' }, { rows })).all).toMatchObject({ calls: 2 });
    });
});
