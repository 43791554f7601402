import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setImmediate } from 'node:timers/promises';
import { policyUnlessSet, type OwnPolicy } from '../../src/core/account-policy.js';
import { AuditRetention } from '../../src/retention/audit-retention.js';
import type { Removed } from '../../src/retention/pruner.js';
import { RetentionTerms } from '../../src/retention/retention-terms.js';
import type { AuditEventEntity } from '../../src/store/entities/audit-event.entity.js';
import { failStatement } from '../support/failing-statements.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const day = 86_400_000;
const actor = { kind: 'key', id: 'key_1', name: 'Key' } as const;

describeOnEachDatabase('retention of the audit trail', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let retention: AuditRetention;
  let accountId: string;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
    const terms = new RetentionTerms(store.accounts, policyUnlessSet);
    retention = new AuditRetention(terms, store.audit, store.chains);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  beforeEach(async () => {
    accountId = await accountWith();
  });

  const accountWith = async (policy: OwnPolicy = {}): Promise<string> => {
    const { id } = await store.openAccount();
    await store.database.change((change) => store.accounts.change(change, id, { policy }));
    return id;
  };
  const append = (count = 1, id = accountId): Promise<void> =>
    store.database.change(async (change) => {
      for (let i = 0; i < count; i += 1)
        await store.audit.append(change, {
          ...{ accountId: id, action: 'key.changed', actor, callerIp: null },
          target: { type: 'key', id: 'key_2' },
        });
    });
  /** @returns what was taken off this test's trail */
  const prune = async (): Promise<Removed[]> => {
    const removed: Removed[] = [];
    const { signal } = new AbortController();
    for await (const piece of retention.prune(store.clock.now(), signal))
      if (piece.count > 0 && piece.accountId === accountId) removed.push(piece);
    return removed;
  };
  const seqs = async (): Promise<number[]> =>
    (await store.audit.list(accountId, 500, null)).map(({ seq }) => seq).toReversed();
  const breakOf = async () => (await store.chains.check(accountId)).break;

  it('takes what is past its time off the beginning, and an event says so', async () => {
    await append(3);
    store.sleep(60 * day);
    await append(2);
    const [, , third] = (await store.audit.list(accountId, 10, null)).toReversed();
    store.sleep(31 * day - 60_000);
    expect(await prune()).toEqual([]);
    store.sleep(120_000);
    expect(await prune()).toEqual([{ accountId, what: 'audit events', count: 3 }]);
    expect(await seqs()).toEqual([4, 5, 6]);
    const [told] = await store.audit.list(accountId, 1, null);
    expect(told).toMatchObject({
      ...{ action: 'audit.pruned', actor: { kind: 'installation', name: 'retention' } },
      ...{ callerIp: null, targetType: 'account', targetId: accountId, before: null },
      after: { events: 3, upTo: { seq: 3, digest: third?.digest }, before: expect.any(String) },
    });
    expect(await breakOf()).toBeNull();
    expect(await prune()).toEqual([]);
    // Whoever takes more away than that is found.
    for (const [gone, seq] of [
      [4, 4],
      [5, 4],
    ] as const) {
      await store.writer.query(
        `DELETE FROM audit_event WHERE account_id = '${accountId}' AND seq = ${gone}`,
      );
      expect(await breakOf()).toEqual({ fault: 'missing', seq, toSeq: gone });
    }
  });

  it('is told of again where what told of it is itself past its time', async () => {
    for (let round = 0; round < 4; round += 1) {
      await append(2);
      store.sleep(50 * day);
      await prune();
      expect(await breakOf()).toBeNull();
    }
    expect((await seqs())[0]).toBeGreaterThan(4);
    store.sleep(400 * day);
    await prune();
    // Where there is nothing else any more, the last word stays as it is, however old it is.
    const [last] = await store.audit.list(accountId, 1, null);
    expect(last?.action).toBe('audit.pruned');
    expect(await seqs()).toEqual([last?.seq]);
    store.sleep(400 * day);
    expect(await prune()).toEqual([]);
    await append();
    expect(await breakOf()).toBeNull();
  });

  it('goes in pieces, each of which is told of', async () => {
    for (let i = 0; i < 3; i += 1) await append(900);
    store.sleep(92 * day);
    const pieces = await prune();
    expect(pieces.map(({ count }) => count)).toEqual([1000, 1000, 700]);
    expect(await seqs()).toEqual([2701, 2702, 2703]);
    expect(await breakOf()).toBeNull();
  });

  it('leaves a trail alone that is broken: it may hold who broke it', async () => {
    await append(4);
    await store.writer.query(
      `UPDATE audit_event SET at = at - 1 WHERE account_id = '${accountId}' AND seq = 2`,
    );
    store.sleep(100 * day);
    expect(await prune()).toEqual([]);
    expect(await seqs()).toEqual([1, 2, 3, 4]);
    await store.writer.query(
      `UPDATE audit_event SET at = at + 1 WHERE account_id = '${accountId}' AND seq = 2`,
    );
    expect(await prune()).toMatchObject([{ count: 4 }]);
  });

  it('stops before an event that has to stay, although a later one is older', async () => {
    await append(2);
    store.sleep(89 * day);
    await append();
    // As a node writes whose clock is days late.
    await append();
    const { manager } = store.writer;
    const entity = 'audit_event';
    const [late] = await store.audit.list(accountId, 1, null);
    await manager.query(`UPDATE ${entity} SET at = at - ${100 * day} WHERE id = '${late?.id}'`);
    store.sleep(3 * day);
    const before = store.clock.now() - 90 * day;
    expect(await store.audit.prune(accountId, before, 1000)).toBe(2);
    expect(await seqs()).toEqual([3, 4, 5]);
  });

  it('never touches anything newer than its account keeps, whatever is kept and written when', async () => {
    let random = 20_261_126;
    const next = (max: number): number => {
      random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
      return random % max;
    };
    const days = [1, 2, 7, 30, 90, 91, 400];
    const accounts: string[] = [];
    for (const retentionDaysAudit of days) accounts.push(await accountWith({ retentionDaysAudit }));
    for (const id of accounts) await append(1, id);
    const known = new Map<string, AuditEventEntity>();
    for (let round = 0; round < 40; round += 1) {
      await append(1 + next(5), accounts[next(accounts.length)]);
      store.sleep(next(12) * 10 * 3_600_000);
      for (const id of accounts)
        for (const event of await store.audit.list(id, 500, null)) known.set(event.id, event);
      const now = store.clock.now();
      await prune();
      for (const [i, id] of accounts.entries()) {
        const left = new Set((await store.audit.list(id, 500, null)).map((event) => event.id));
        const ours = [...known.values()].filter((event) => event.accountId === id);
        const keptFrom = now - (days[i] ?? 0) * day;
        for (const event of ours) {
          if (event.at >= keptFrom) expect(left.has(event.id)).toBe(true);
          else if (left.has(event.id) && event.action !== 'audit.pruned')
            expect(event.at).toBeGreaterThanOrEqual(keptFrom - day);
        }
        expect((await store.chains.check(id)).break).toBeNull();
        for (const event of ours) if (!left.has(event.id)) known.delete(event.id);
      }
    }
  });

  it('is all or nothing, at whichever statement it fails', async () => {
    await append(3);
    store.sleep(92 * day);
    const before = store.clock.now() - 90 * day;
    for (let nth = 1; ; nth += 1) {
      const untouched = await wholeDatabase(store);
      const failure = failStatement(store.writer, nth);
      const outcome = await store.audit.prune(accountId, before, 1000).catch(() => 'failed');
      failure.end();
      if (!failure.failed) {
        expect(outcome).toBe(3);
        break;
      }
      expect(await wholeDatabase(store)).toEqual(untouched);
    }
    expect(await breakOf()).toBeNull();
  });

  it('holds for whoever looks while it is being pruned', async () => {
    for (let i = 0; i < 4; i += 1) await append(800);
    store.sleep(92 * day);
    const looks: unknown[] = [];
    const pruning = { on: true };
    const looking = (async () => {
      while (pruning.on) {
        looks.push(await breakOf());
        // On SQLite nothing so far had to wait.
        await setImmediate();
      }
    })();
    const before = store.clock.now() - 90 * day;
    while ((await store.audit.prune(accountId, before, 200)) > 0)
      await new Promise((resolve) => setTimeout(resolve, 5));
    pruning.on = false;
    await looking;
    expect(new Set(looks)).toEqual(new Set([null]));
    expect(looks.length).toBeGreaterThan(0);
  });
});
