import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Change, Stale } from '../../src/store/database.js';
import { AccessChangeEntity } from '../../src/store/entities/access-change.entity.js';
import { AccessRevisionEntity } from '../../src/store/entities/access-revision.entity.js';
import { AccountEntity } from '../../src/store/entities/account.entity.js';
import { ScopeEntity } from '../../src/store/entities/scope.entity.js';
import { turnsDuring } from '../support/turns.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  type TestDatabase,
  newAccount,
  openStore,
  wholeDatabase,
  type TestStore,
} from '../support/store.js';

const parallel = 50;

describeOnEachDatabase('the main database', (kind) => {
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

  const revision = async () =>
    (await store.database.read.findOneByOrFail(AccessRevisionEntity, { id: 1 })).revision;

  const create = (change: Change, name: string) =>
    store.accounts.create(change, { ...newAccount, name });

  it('leaves whoever calls a turn between two writes, however many follow each other', async () => {
    const writes = 20;
    const turns = await turnsDuring(async () => {
      for (let i = 0; i < writes; i += 1) await store.database.write(async () => {});
    });
    expect(turns).toBeGreaterThanOrEqual(writes - 1);
  });

  describe('a change', () => {
    it('takes the next number, and gives it to what it writes and to what it makes stale', async () => {
      const before = await revision();
      const account = await store.database.change((change) => create(change, 'numbered'));
      expect(await revision()).toBe(before + 1);
      expect(account.revision).toBe(before + 1);
      expect(
        await store.database.read.findBy(AccessChangeEntity, { revision: before + 1 }),
      ).toMatchObject([{ subject: 'account', subjectId: account.id, at: account.createdAt }]);
    });

    it('names a subject once, however often it is touched', async () => {
      const numbered = await store.database.change(async (change) => {
        await change.touch('key', 'key_1');
        await change.touch('key', 'key_1');
        await change.touch('account', 'key_1');
        return change.revision;
      });
      const rows = await store.database.read.findBy(AccessChangeEntity, { revision: numbered });
      expect(rows.map((row) => `${row.subject} ${row.subjectId}`).sort()).toEqual([
        'account key_1',
        'key key_1',
      ]);
    });

    it('is on record for other nodes also where this node was to read the same again anyway', async () => {
      const numbered = await store.database.change(async (change) => {
        change.refresh('key', 'key_1');
        await change.touch('key', 'key_1');
        return change.revision;
      });
      const rows = await store.database.read.findBy(AccessChangeEntity, { revision: numbered });
      expect(rows).toMatchObject([{ subject: 'key', subjectId: 'key_1' }]);
    });

    it('is told to every listener with its number before it is answered', async () => {
      const heard: { stale: Stale; revision: number }[] = [];
      store.database.onChange(async (stale, numbered) => {
        await sleep(5);
        heard.push({ stale, revision: numbered });
      });
      const account = await store.database.change((change) => create(change, 'heard'));
      expect(heard).toEqual([
        { stale: [{ subject: 'account', id: account.id }], revision: account.revision },
      ]);
    });

    const failures: [string, (change: Change) => Promise<unknown>][] = [
      ['at once', async () => {}],
      ['after a write', (change) => create(change, 'never')],
      ['after a touch', (change) => change.touch('key', 'never')],
      [
        'after an audit event',
        async (change) => {
          const account = await create(change, 'never');
          const actor = { kind: 'installation', id: null, name: 'test' } as const;
          const target = { type: 'account', id: account.id };
          const entry = { accountId: account.id, action: 'never', actor, callerIp: null, target };
          await store.audit.append(change, entry);
        },
      ],
      [
        'after a statement that the database refused',
        async (change) => {
          await create(change, 'never');
          const twice = { name: 'twice', description: '', sensitive: false, dataCategories: [] };
          await change.manager.insert(ScopeEntity, twice);
          await expect(change.manager.insert(ScopeEntity, twice)).rejects.toThrow(/unique/i);
        },
      ],
    ];
    it.each(failures)('that fails %s leaves nothing, no number either', async (_when, work) => {
      const before = await wholeDatabase(store);
      const heard: number[] = [];
      store.database.onChange((_stale, numbered) => void heard.push(numbered));
      await expect(
        store.database.change(async (change) => {
          await work(change);
          throw new Error('no further');
        }),
      ).rejects.toThrow('no further');
      expect(await wholeDatabase(store)).toEqual(before);
      expect(heard).toEqual([]);
      const next = await store.database.change(async (change) => change.revision);
      expect(next).toBe(Number(before['access_revision']?.[0]?.['revision']) + 1);
    });

    it('reads what it wrote itself, and nobody else does before it is committed', async () => {
      const seen = await store.database.change(async (change) => {
        const { id } = await create(change, 'not yet');
        return {
          id,
          inside: await change.manager.existsBy(AccountEntity, { id }),
          outside: await store.database.read.existsBy(AccountEntity, { id }),
        };
      });
      expect(seen).toMatchObject({ inside: true, outside: false });
      expect(await store.database.read.existsBy(AccountEntity, { id: seen.id })).toBe(true);
    });
  });

  it('looks with a dry run, and leaves nothing behind', async () => {
    const before = await wholeDatabase(store);
    const heard: number[] = [];
    store.database.onChange((_stale, numbered) => void heard.push(numbered));
    const name = await store.database.preview(true, async (change) => {
      const { id } = await create(change, 'as if');
      return (await change.manager.findOneByOrFail(AccountEntity, { id })).name;
    });
    expect(name).toBe('as if');
    expect(await wholeDatabase(store)).toEqual(before);
    expect(heard).toEqual([]);
    const failing = store.database.preview(true, () => Promise.reject(new Error('its own')));
    await expect(failing).rejects.toThrow('its own');
    const { id } = await store.database.preview(false, (change) => create(change, 'for real'));
    expect(await store.database.read.existsBy(AccountEntity, { id })).toBe(true);
  });

  it(`gives ${parallel} changes at once their own numbers, one after the other, without a gap`, async () => {
    const before = await revision();
    const numbers = await Promise.all(
      Array.from({ length: parallel }, (_, i) =>
        store.database.change(async (change) => {
          await change.touch('key', `key_parallel_${i}`);
          return { numbered: change.revision, now: change.now };
        }),
      ),
    );
    const inOrder = numbers.toSorted((a, b) => a.numbered - b.numbered);
    expect(inOrder.map(({ numbered }) => numbered)).toEqual(
      Array.from({ length: parallel }, (_, i) => before + 1 + i),
    );
    // A higher number is never an earlier time: a list ordered by time shows what was made later, later.
    expect(inOrder.map(({ now }) => now)).toEqual(
      numbers.map(({ now }) => now).sort((a, b) => a - b),
    );
    expect(await revision()).toBe(before + parallel);
  });

  it('takes no number for those of them that fail', async () => {
    const before = await revision();
    const outcomes = await Promise.allSettled(
      Array.from({ length: parallel }, (_, i) =>
        store.database.change(async (change) => {
          await change.touch('key', `key_half_${i}`);
          if (i % 2 === 1) throw new Error('odd');
          return change.revision;
        }),
      ),
    );
    const numbers = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value] : [],
    );
    expect(numbers.sort((a, b) => a - b)).toEqual(
      Array.from({ length: parallel / 2 }, (_, i) => before + 1 + i),
    );
    expect(await revision()).toBe(before + parallel / 2);
  });

  it('keeps two changes apart: the failure of one takes nothing from the other', async () => {
    const steps: string[] = [];
    const work = (name: string, fails: boolean) =>
      store.database.change(async (change) => {
        steps.push(`${name} begins`);
        const { id } = await create(change, name);
        await sleep(10);
        steps.push(`${name} ends`);
        if (fails) throw new Error('as told');
        return id;
      });
    const [failed, kept, failedToo] = await Promise.allSettled([
      work('a', true),
      work('b', false),
      work('c', true),
    ]);
    expect([failed?.status, kept?.status, failedToo?.status]).toEqual([
      'rejected',
      'fulfilled',
      'rejected',
    ]);
    // The order is nobody's to say on PostgreSQL; that none runs into another is.
    for (let i = 0; i < steps.length; i += 2) {
      expect(steps[i + 1]).toBe(steps[i]?.replace('begins', 'ends'));
    }
    const names = await store.database.read.find(AccountEntity, { select: { name: true } });
    const left = names.map(({ name }) => name).filter((name) => ['a', 'b', 'c'].includes(name));
    expect(left).toEqual(['b']);
  });

  it('commits a plain write without a number, and takes a failed one back', async () => {
    const before = await wholeDatabase(store);
    const scope = { name: 'plain', description: '', sensitive: false, dataCategories: [] };
    const failing = store.database.write(async (manager) => {
      await manager.insert(ScopeEntity, scope);
      throw new Error('no further');
    });
    await expect(failing).rejects.toThrow('no further');
    expect(await wholeDatabase(store)).toEqual(before);
    await store.database.write((manager) => manager.insert(ScopeEntity, scope));
    const after = await wholeDatabase(store);
    expect(after['scope']).toHaveLength((before['scope']?.length ?? 0) + 1);
    expect({ ...after, scope: [] }).toEqual({ ...before, scope: [] });
  });
});
