import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import { foldedEmail } from '../core/email-address.js';
import { newId } from '../core/ids.js';
import { isTold } from '../core/notice-audience.js';
import type { Notice, OfKey, OfRotation, RotationNoticeKind } from '../core/notice.js';
import { CommitBell } from './commit-bell.js';
import { Database, type Change } from './database.js';
import { AccountEntity } from './entities/account.entity.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { MemberEntity } from './entities/member.entity.js';
import { NoticeAttemptEntity } from './entities/notice-attempt.entity.js';
import { NoticeDeliveryEntity, type NoticeChannel } from './entities/notice-delivery.entity.js';
import { NoticeEntity } from './entities/notice.entity.js';
import { PersonEntity } from './entities/person.entity.js';
import type { RotationEntity } from './entities/rotation.entity.js';
import { WebhookEntity } from './entities/webhook.entity.js';
import { given } from './given.js';
import { pageBefore, type Place } from './pages.js';

interface Recipient {
  readonly channel: NoticeChannel;
  readonly recipient: string;
  readonly memberId: string | null;
}

export interface NoticeToPut {
  readonly accountId: string;
  readonly notice: Notice;
  /** What it tells of, where that can be found more than once: it is told of once. */
  readonly dedupeKey?: string;
  /** The one webhook that it is for, in place of everybody who wants its kind. */
  readonly onlyFor?: string;
}

/**
 * The outbox. A notice and its deliveries are written in the transaction of the change that they tell of: both are there, or
 * neither. What then becomes of the deliveries is for the courier.
 */
@Injectable()
export class NoticesStore {
  /** Rung when deliveries have been committed on this node. */
  readonly bell: CommitBell;

  constructor(private readonly database: Database) {
    this.bell = new CommitBell(database);
  }

  /** @returns the notice's id, or `null` if it was put in before */
  async put(change: Change, { accountId, notice, ...how }: NoticeToPut): Promise<string | null> {
    given({ accountId });
    const id = newId('ntc');
    const { manager, now } = change;
    const dedupeKey = how.dedupeKey ?? id;
    // Changes follow one another, so nobody comes between; the index is there for what nobody thought of.
    if (how.dedupeKey !== undefined && (await manager.existsBy(NoticeEntity, { dedupeKey })))
      return null;
    const { kind, data } = notice;
    const { keyId = null, rotationId = null } = data as Partial<OfRotation>;
    const about = { accountId, kind, keyId, rotationId, data };
    await manager.insert(NoticeEntity, { ...about, id, dedupeKey, createdAt: now });
    const recipients =
      how.onlyFor === undefined
        ? await recipientsOf(change, accountId, kind, keyId)
        : [{ channel: 'webhook' as const, recipient: how.onlyFor, memberId: null }];
    for (const recipient of recipients)
      await manager.insert(NoticeDeliveryEntity, {
        ...{ ...recipient, id: newId('dlv'), noticeId: id, accountId, state: 'pending' },
        ...{ attempts: 0, nextAttemptAt: now, claimedUntil: null, deliveredAt: null },
      });
    this.wake(change);
    return id;
  }

  /** Tells of what became of a key. */
  async putOfKey(
    change: Change,
    kind: 'key.suspended' | 'key.revoked',
    key: ApiKeyEntity,
  ): Promise<void> {
    await this.put(change, { accountId: key.accountId, notice: { kind, data: ofKey(key) } });
  }

  /** Tells of a step that a rotation took. @param rotation as it is afterwards */
  async putOfRotation(
    change: Change,
    kind: RotationNoticeKind,
    rotation: RotationEntity,
  ): Promise<void> {
    const key = await change.manager.findOneByOrFail(ApiKeyEntity, { id: rotation.keyId });
    const notice = { kind, data: ofRotation(key, rotation) };
    await this.put(change, { accountId: key.accountId, notice });
  }

  /** Has the courier look for what is due, once this change is committed. */
  wake(change: Change): void {
    this.bell.ringAfter(change);
  }

  find(accountId: string, id: string): Promise<NoticeEntity | null> {
    return this.database.read.findOneBy(NoticeEntity, { id, accountId });
  }

  /** Newest first. */
  list(accountId: string, limit: number, before: Place | null): Promise<NoticeEntity[]> {
    const query = this.database.read
      .createQueryBuilder(NoticeEntity, 'row')
      .where('row.accountId = :accountId', given({ accountId }));
    return pageBefore(query, limit, before).getMany();
  }

  /** Those of what was found that were not put in before. @param found no more than a page */
  async notYetPut<T extends { readonly dedupeKey: string }>(found: readonly T[]): Promise<T[]> {
    if (found.length === 0) return [];
    const rows = await this.database.read.find(NoticeEntity, {
      select: { dedupeKey: true },
      where: { dedupeKey: In(found.map(({ dedupeKey }) => dedupeKey)) },
    });
    const put = new Set(rows.map((row) => row.dedupeKey));
    return found.filter(({ dedupeKey }) => !put.has(dedupeKey));
  }

  /** Whether there are any that were put in before. @param before epoch milliseconds */
  haveSome(before: number): Promise<boolean> {
    return this.database.read.existsBy(NoticeEntity, {
      createdAt: LessThan(given({ before }).before),
    });
  }

  /**
   * Takes old notices away, with their deliveries and the log of these. A notice stays while one of its deliveries is on its
   * way, and while what it tells of goes on, since it would be found and told of again.
   *
   * @param before epoch milliseconds: only what was put in before goes
   * @returns how many went
   */
  prune(accountId: string, before: number, now: number, limit: number): Promise<number> {
    given({ accountId, before, now });
    return this.database.write(async (manager) => {
      const query = manager
        .createQueryBuilder(NoticeEntity, 'row')
        .select('row.id', 'id')
        .where('row.accountId = :accountId AND row.createdAt < :before', { accountId, before });
      for (const goesOn of stillTold) query.andWhere(`NOT EXISTS (${goesOn})`, { now });
      const rows = await query
        .orderBy('row.createdAt', 'ASC')
        .addOrderBy('row.id', 'ASC')
        .limit(limit)
        .getRawMany<{ id: string }>();
      const ids = rows.map(({ id }) => id);
      if (ids.length === 0) return 0;
      const deliveries = await manager.find(NoticeDeliveryEntity, {
        select: { id: true },
        where: { noticeId: In(ids) },
      });
      const deliveryId = In(deliveries.map(({ id }) => id));
      await manager.delete(NoticeAttemptEntity, { deliveryId });
      await manager.delete(NoticeDeliveryEntity, { noticeId: In(ids) });
      await manager.delete(NoticeEntity, { id: In(ids) });
      return ids.length;
    });
  }

  /** How many were put in whose dedupe key is this and a word behind it. */
  countPut(beginning: string): Promise<number> {
    return this.database.read
      .createQueryBuilder(NoticeEntity, 'row')
      .where(
        'row.dedupeKey > :from AND row.dedupeKey < :to',
        given({ from: `${beginning} `, to: `${beginning}!` }),
      )
      .getCount();
  }
}

/** For which `row` has to stay. What ends a key, a secret or a rotation ends what was told of it as well. */
const stillTold = [
  "SELECT 1 FROM notice_delivery d WHERE d.notice_id = row.id AND d.state = 'pending'",
  "SELECT 1 FROM rotation r WHERE r.id = row.rotation_id AND r.standing = 'open'",
  `SELECT 1 FROM api_key k WHERE row.kind = 'key.expiring' AND k.id = row.key_id
     AND k.standing <> 'revoked' AND k.expires_at > :now`,
  `SELECT 1 FROM secret s WHERE row.kind = 'secret.over_age'
     AND row.dedupe_key = 'secret.over_age ' || s.id AND s.key_id = row.key_id
     AND s.ends_at IS NULL AND s.revoked_at IS NULL`,
];

export function ofKey({ id, name, environment }: ApiKeyEntity): OfKey {
  return { keyId: id, keyName: name, environment };
}

export function ofRotation(key: ApiKeyEntity, rotation: RotationEntity): OfRotation {
  const { id, startedAt, graceEndsAt } = rotation;
  return {
    ...ofKey(key),
    rotationId: id,
    startedAt: new Date(startedAt).toISOString(),
    graceEndsAt: new Date(graceEndsAt).toISOString(),
  };
}

/** Everybody who is told of such a notice, each once. */
async function recipientsOf(
  change: Change,
  accountId: string,
  kind: Notice['kind'],
  keyId: string | null,
): Promise<Recipient[]> {
  const { manager } = change;
  const key = keyId === null ? null : await manager.findOneBy(ApiKeyEntity, { id: keyId });
  const webhooks = await manager.findBy(WebhookEntity, { accountId, enabled: true });
  return [
    ...(await addressesOf(change, accountId, key)),
    ...webhooks
      .filter(({ kinds }) => kinds === null || kinds.includes(kind))
      .map(({ id }) => ({ channel: 'webhook' as const, recipient: id, memberId: null })),
  ];
}

/** By e-mail: whom the account and the key name, and its members by their roles. One address gets it once, however it is spelt. */
async function addressesOf(
  { manager }: Change,
  accountId: string,
  key: ApiKeyEntity | null,
): Promise<Recipient[]> {
  const { noticeEmails } = await manager.findOneByOrFail(AccountEntity, { id: accountId });
  const contact = key?.contactEmail ? [key.contactEmail] : [];
  const recipients = new Map<string, Recipient>();
  const add = (recipient: string, memberId: string | null) => {
    const folded = foldedEmail(recipient);
    if (!recipients.has(folded)) recipients.set(folded, { channel: 'email', recipient, memberId });
  };
  // Who is named by the account or the key is told on their account, and goes on being so when they are no member any more.
  for (const email of [...noticeEmails, ...contact]) add(email, null);
  const members = await manager.findBy(MemberEntity, { accountId, getsNoticeEmails: true });
  const told = members.filter((member) => isTold(member, key?.createdBy ?? null));
  const people = await manager.findBy(PersonEntity, {
    id: In(told.map(({ personId }) => personId)),
  });
  const emails = new Map(people.map(({ id, email }) => [id, email]));
  for (const { id, personId } of told) {
    const email = emails.get(personId);
    if (email !== undefined) add(email, id);
  }
  return [...recipients.values()];
}
