import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import type { Notice } from '../../src/core/notice.js';
import { NoticeDeliveryEntity } from '../../src/store/entities/notice-delivery.entity.js';
import { NoticeEntity } from '../../src/store/entities/notice.entity.js';
import { SecretEntity } from '../../src/store/entities/secret.entity.js';
import {
  describeOnEachDatabase,
  makeDatabase,
  openStore,
  wholeDatabase,
  type TestDatabase,
  type TestStore,
} from '../support/store.js';

describeOnEachDatabase('the outbox', (kind) => {
  let home: TestDatabase;
  let store: TestStore;
  let accountId: string;
  let keyId: string;

  beforeAll(async () => {
    home = await makeDatabase(kind);
    store = await openStore(home);
  });

  afterAll(async () => {
    await store?.close();
    await home?.remove();
  });

  beforeEach(async () => {
    accountId = (await store.openAccount()).id;
    keyId = (await store.issueKey(accountId, { contactEmail: 'owner@example.com' })).id;
    await store.database.change((change) =>
      store.accounts.change(change, accountId, {
        noticeEmails: ['ops@example.com', 'owner@example.com'],
      }),
    );
  });

  const noticeOf = (id: string) => ({
    ...{ kind: 'key.revoked' as const },
    data: { keyId: id, keyName: 'Vendor', environment: 'production' as const },
  });
  const put = (dedupeKey?: string): Promise<string | null> =>
    store.database.change((change) =>
      store.notices.put(change, {
        ...{ accountId, notice: noticeOf(keyId) },
        ...(dedupeKey !== undefined && { dedupeKey }),
      }),
    );
  const deliveries = () => store.reader.getRepository(NoticeDeliveryEntity).findBy({ accountId });
  /** Nothing of them is on its way any more. */
  const settleAll = (noticeId?: string | null) =>
    store.database.write((manager) =>
      manager.update(
        NoticeDeliveryEntity,
        { accountId, ...(noticeId != null && { noticeId }) },
        { state: 'given_up' },
      ),
    );
  const allDue = () => store.deliveries.due(store.clock.now(), 100, []);
  const due = async () => (await allDue()).filter((delivery) => delivery.accountId === accountId);

  it('holds a notice and a delivery for each recipient, each once', async () => {
    const id = await put();
    expect(await store.notices.find(accountId, id as string)).toMatchObject({
      keyId,
      kind: 'key.revoked',
    });
    expect((await deliveries()).map(({ recipient, state }) => [recipient, state]).sort()).toEqual([
      ['ops@example.com', 'pending'],
      ['owner@example.com', 'pending'],
    ]);
  });

  it('holds nothing of a change that was taken back', async () => {
    const before = await wholeDatabase(store);
    const failing = store.database.change(async (change) => {
      await store.notices.put(change, { accountId, notice: noticeOf(keyId) });
      throw new Error('It was not to be.');
    });
    await expect(failing).rejects.toThrow('It was not to be.');
    expect(await wholeDatabase(store)).toEqual(before);
  });

  it('takes what was found many times at once in once', async () => {
    const puts = await Promise.all(Array.from({ length: 8 }, () => put(`found ${keyId}`)));
    expect(puts.filter((id) => id !== null)).toHaveLength(1);
    expect(await store.reader.getRepository(NoticeEntity).countBy({ accountId })).toBe(1);
    const found = [`found ${keyId}`, 'never found'].map((dedupeKey) => ({ dedupeKey }));
    expect(await store.notices.notYetPut(found)).toEqual([{ dedupeKey: 'never found' }]);
    expect([await store.notices.countPut('found'), await store.notices.countPut('foun')]).toEqual([
      1, 0,
    ]);
  });

  it('gives a delivery to one of those that claim it, until its claim runs out', async () => {
    await put();
    const [delivery] = await due();
    if (delivery === undefined) throw new Error('It is due.');
    const until = store.clock.now() + 1_000;
    const claims = await Promise.all(
      Array.from({ length: 6 }, () => store.deliveries.claim(delivery, until)),
    );
    expect(claims.filter(Boolean)).toHaveLength(1);
    expect((await due()).map(({ id }) => id)).not.toContain(delivery.id);
    store.sleep(1_001);
    const [again] = (await due()).filter(({ id }) => id === delivery.id);
    expect(again?.attempts).toBe(1);
    expect(await store.deliveries.claim(delivery, until + 5_000)).toBe(false);
    expect(await store.deliveries.claim(again as NoticeDeliveryEntity, until + 5_000)).toBe(true);
  });

  it('is not settled by whose claim has run out', async () => {
    await put();
    const [delivery] = await due();
    if (delivery === undefined) throw new Error('It is due.');
    await store.deliveries.claim(delivery, store.clock.now());
    const again = { ...delivery, attempts: 1 };
    await store.deliveries.claim(again, store.clock.now() + 1_000);
    await store.deliveries.settle(delivery, null, { state: 'given_up' });
    const [now] = (await deliveries()).filter(({ id }) => id === delivery.id);
    expect([now?.state, now?.attempts]).toEqual(['pending', 2]);
  });

  it('passes over accounts, and says when the next is due', async () => {
    await put();
    const passedOver = [...new Set((await allDue()).map((delivery) => delivery.accountId))];
    expect(passedOver).toContain(accountId);
    expect(await store.deliveries.due(store.clock.now(), 100, passedOver)).toEqual([]);
    expect(await store.deliveries.nextDueAt()).toBeLessThanOrEqual(store.clock.now());
  });

  it('loses old notices with all that belongs to them, and none that is newer or on its way', async () => {
    const [old, onItsWay] = [await put(), await put()];
    for (const delivery of await due()) {
      if (delivery.noticeId === onItsWay) continue;
      await store.deliveries.claim(delivery, store.clock.now());
      const outcome = { at: 1, delivered: true, code: 200, durationMs: 1, error: null };
      await store.deliveries.settle(delivery, outcome, { state: 'delivered' });
    }
    store.sleep(10_000);
    const newer = await put();
    await settleAll(newer);
    const before = (await store.notices.find(accountId, newer ?? ''))?.createdAt ?? 0;
    const prune = (limit: number) =>
      store.notices.prune(accountId, before, store.clock.now(), limit);
    expect(await prune(10)).toBe(1);
    const left = (await store.notices.list(accountId, 10, null)).map(({ id }) => id);
    expect(left.sort()).toEqual([onItsWay, newer].sort());
    expect((await deliveries()).filter(({ noticeId }) => noticeId === old)).toEqual([]);
    await settleAll(onItsWay);
    expect([await prune(10), await prune(10)]).toEqual([1, 0]);
    expect(await store.notices.find(accountId, newer ?? '')).not.toBeNull();
  });

  it('keeps what would be found and told of again', async () => {
    const now = store.clock.now();
    const [secret] = await store.reader.getRepository(SecretEntity).findBy({ keyId });
    const tellings: [kind: 'key.expiring' | 'secret.over_age', dedupeKey: string][] = [
      ['key.expiring', `key.expiring ${keyId} 30`],
      ['secret.over_age', `secret.over_age ${secret?.id}`],
    ];
    await store.database.change(async (change) => {
      await store.keys.change(change, keyId, { expiresAt: now + 10_000 });
      for (const [kind, dedupeKey] of tellings) {
        const notice = { kind, data: noticeOf(keyId).data } as Notice;
        await store.notices.put(change, { accountId, notice, dedupeKey });
      }
    });
    await settleAll();
    const prune = (at: number) => store.notices.prune(accountId, now + 1_000_000, at, 10);
    expect(await prune(now)).toBe(0);
    // The key has expired, and then its secret is ended.
    expect(await prune(now + 10_000)).toBe(1);
    await store.database.write((manager) =>
      manager.update(SecretEntity, { keyId }, { revokedAt: now }),
    );
    expect(await prune(now + 10_000)).toBe(1);
  });
});
