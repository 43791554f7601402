import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { AuditEntry, AuditFilter } from '../../src/store/audit-trail.store.js';
import type { Change } from '../../src/store/database.js';
import type { AuditEventEntity } from '../../src/store/entities/audit-event.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

const parallel = 50;
const actor = { kind: 'key', id: 'key_1', name: '🗝️ Büro "x"' } as const;

describeOnEachDatabase('the audit trail', (kind) => {
  let home: TestDatabase;
  let store: TestStore;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  const entry = (accountId: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
    ...{ accountId, action: 'key.changed', actor, callerIp: '2001:db8::1' },
    ...{ target: { type: 'key', id: 'key_2' }, ...more },
  });
  const append = (accountId: string, more: Partial<AuditEntry> = {}) =>
    store.database.change((change) => store.audit.append(change, entry(accountId, more)));

  /** @returns the first number at which something is wrong, or `null` */
  const firstBreak = async (accountId: string): Promise<number | null> =>
    (await store.chains.check(accountId)).break?.seq ?? null;

  it('keeps all that it was told', async () => {
    const { id } = await store.openAccount();
    const before = {
      name: '🗝️',
      list: [1, { b: null, a: '\u2028\ud83d\ude00' }],
      n: 1e21,
      s: -0.5,
    };
    await append(id, { before, after: { ...before, gone: undefined } });
    await append(id, { callerIp: null, actor: { kind: 'installation', id: null, name: '' } });
    const [second, first] = await store.audit.list(id, 10, null);
    expect({ ...first }).toEqual({
      ...{ id: first?.id, accountId: id, seq: 1, at: first?.at, action: 'key.changed', actor },
      ...{ callerIp: '2001:db8::1', targetType: 'key', targetId: 'key_2', before, after: before },
      ...{ previousDigest: '', digest: first?.digest },
    });
    expect(first?.id).toMatch(/^evt_[0-9A-Za-z]{20}$/);
    expect(second).toMatchObject({
      ...{ seq: 2, callerIp: null, before: null, after: null, previousDigest: first?.digest },
    });
    expect(await firstBreak(id)).toBeNull();
  });

  it(`is a chain that holds after ${parallel} changes at once, of which every third failed`, async () => {
    const accounts = [await store.openAccount(), await store.openAccount()];
    await Promise.allSettled(
      Array.from({ length: parallel }, (_, i) =>
        store.database.change(async (change: Change) => {
          const { id } = accounts[i % 2] ?? { id: '' };
          await store.audit.append(change, entry(id, { after: { i } }));
          if (i % 3 === 2) throw new Error('every third');
        }),
      ),
    );
    const kept = Array.from({ length: parallel }, (_, i) => i).filter((i) => i % 3 !== 2);
    for (const [which, { id }] of accounts.entries()) {
      expect(await firstBreak(id)).toBeNull();
      const told = (await store.audit.list(id, 100, null)).map(
        ({ after }) => (after as { i: number }).i,
      );
      expect(told.sort((a, b) => a - b)).toEqual(kept.filter((i) => i % 2 === which));
    }
  });

  it('takes several events in one change', async () => {
    const { id } = await store.openAccount();
    await store.database.change(async (change) => {
      for (let i = 0; i < 3; i += 1) await store.audit.append(change, entry(id));
    });
    await append(id);
    expect((await store.audit.list(id, 10, null)).map(({ seq }) => seq)).toEqual([4, 3, 2, 1]);
    expect(await firstBreak(id)).toBeNull();
  });

  it('is listed newest first, page by page, and each account has its own', async () => {
    const [mine, other] = [await store.openAccount(), await store.openAccount()];
    for (let i = 0; i < 5; i += 1) await append(mine.id, { after: { i } });
    await append(other.id);
    const all = await store.audit.list(mine.id, 100, null);
    expect(all.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1]);
    const paged: AuditEventEntity[] = [];
    for (let before: number | null = null; ;) {
      const page: AuditEventEntity[] = await store.audit.list(mine.id, 2, before);
      paged.push(...page);
      // A new event goes before all that is still to come.
      await append(mine.id);
      if (page.length < 2) break;
      before = page[1]?.seq ?? null;
    }
    expect(paged).toEqual(all);
  });

  it('finds events by what was done, by whom, to what and when', async () => {
    const { id } = await store.openAccount();
    const other = { kind: 'key', id: 'KEY_1', name: '"id":"key_1"' } as const;
    await append(id);
    store.sleep(10_000);
    await append(id, { action: 'key.created', target: { type: 'key', id: 'key_3' } });
    await append(id, { actor: other });
    await append((await store.openAccount()).id);
    const seqsOf = async (filter: AuditFilter): Promise<number[]> =>
      (await store.audit.list(id, 10, null, filter)).map(({ seq }) => seq);
    const second = (await store.audit.list(id, 1, 3))[0]?.at ?? 0;
    expect(await seqsOf({ action: 'key.created' })).toEqual([2]);
    expect(await seqsOf({ actorId: 'key_1' })).toEqual([2, 1]);
    expect(await seqsOf({ actorId: 'KEY_1' })).toEqual([3]);
    expect(await seqsOf({ actorId: 'key_' })).toEqual([]);
    expect(await seqsOf({ targetId: 'key_2' })).toEqual([3, 1]);
    expect(await seqsOf({ from: second })).toEqual([3, 2]);
    expect(await seqsOf({ to: second })).toEqual([1]);
    expect(await seqsOf({ to: second, actorId: 'KEY_1' })).toEqual([]);
  });

  it('leaves nothing of an event whose account there is not', async () => {
    const before = await wholeDatabase(store);
    await expect(append('acc_none')).rejects.toThrow(/foreign key/i);
    expect(await wholeDatabase(store)).toEqual(before);
  });
});
