import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThanOrEqual, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { NoticeAttemptEntity } from './entities/notice-attempt.entity.js';
import { NoticeDeliveryEntity, type DeliveryState } from './entities/notice-delivery.entity.js';
import { given } from './given.js';

/** What came of an attempt. */
export interface AttemptOutcome {
  readonly at: number;
  readonly delivered: boolean;
  readonly code: number | null;
  readonly durationMs: number;
  readonly error: string | null;
}

export type AfterAttempt =
  | { readonly state: 'delivered' | 'given_up' }
  /** What is only kept was not tried. */
  | { readonly state: 'kept'; readonly attempts: 0 }
  | { readonly state: 'pending'; readonly nextAttemptAt: number };

/** The ways of notices to their recipients, and the log of what was tried. */
@Injectable()
export class NoticeDeliveriesStore {
  constructor(private readonly database: Database) {}

  /** Those that are due and that no node is at, the one that has waited longest first. @param passedOver accounts to leave out */
  due(now: number, limit: number, passedOver: readonly string[]): Promise<NoticeDeliveryEntity[]> {
    const query = this.database.read
      .createQueryBuilder(NoticeDeliveryEntity, 'row')
      .where("row.state = 'pending' AND row.nextAttemptAt <= :now", given({ now }))
      .andWhere('(row.claimedUntil IS NULL OR row.claimedUntil <= :now)');
    if (passedOver.length > 0)
      query.andWhere('row.accountId NOT IN (:...passedOver)', { passedOver });
    return query.orderBy('row.nextAttemptAt', 'ASC').take(limit).getMany();
  }

  /** When the next of those that wait for their time is due; `null` if none does. */
  async nextDueAt(): Promise<number | null> {
    const [next] = await this.database.read.find(NoticeDeliveryEntity, {
      where: { state: 'pending', claimedUntil: IsNull() },
      order: { nextAttemptAt: 'ASC' },
      take: 1,
    });
    return next?.nextAttemptAt ?? null;
  }

  /**
   * Takes a delivery for this node and begins an attempt. Of several nodes that have found it, one gets it: each has seen the
   * same number of attempts, and that is another now.
   */
  async claim({ id, attempts }: NoticeDeliveryEntity, until: number): Promise<boolean> {
    given({ id });
    return this.database.write(async (manager) => {
      const { affected } = await manager.update(
        NoticeDeliveryEntity,
        { id, attempts, state: 'pending' },
        { attempts: attempts + 1, claimedUntil: until },
      );
      return affected === 1;
    });
  }

  /** Writes down what came of an attempt, and what is next. @param claimed as it was when it was claimed */
  async settle(
    claimed: NoticeDeliveryEntity,
    outcome: AttemptOutcome | null,
    after: AfterAttempt,
  ): Promise<void> {
    given({ id: claimed.id });
    return this.database.write(async (manager) => {
      if (outcome !== null) await log(manager, claimed.id, outcome);
      const attempts = claimed.attempts + 1;
      // Whose claim ran out while it was sending has lost it to another.
      await manager.update(
        NoticeDeliveryEntity,
        { id: claimed.id, attempts, state: 'pending' },
        {
          ...after,
          claimedUntil: null,
          deliveredAt: after.state === 'delivered' ? (outcome?.at ?? null) : null,
        },
      );
    });
  }

  find({ manager }: Change, noticeId: string, id: string): Promise<NoticeDeliveryEntity | null> {
    return manager.findOneBy(NoticeDeliveryEntity, { id, noticeId });
  }

  /** Begins anew with a delivery that nobody is at. @returns whether that is so */
  async retry({ manager, now }: Change, id: string): Promise<boolean> {
    const anew = { state: 'pending' as const, attempts: 0, nextAttemptAt: now, claimedUntil: null };
    const settled = In(['kept', 'given_up', 'pending'] satisfies DeliveryState[]);
    for (const claimedUntil of [IsNull(), LessThanOrEqual(now)]) {
      const { affected } = await manager.update(
        NoticeDeliveryEntity,
        { id, state: settled, claimedUntil },
        anew,
      );
      if (affected === 1) return true;
    }
    return false;
  }

  /**
   * Sends nothing more to a member who is removed: what was not sent yet is given up, and cannot be asked for again. What a mail
   * server is being handed at this moment goes out.
   */
  async giveUpOf({ manager }: Change, memberId: string): Promise<void> {
    const unsent = In(['pending', 'kept'] satisfies DeliveryState[]);
    await manager.update(
      NoticeDeliveryEntity,
      { memberId, state: unsent },
      { state: 'given_up', claimedUntil: null },
    );
  }

  /** Of these notices, in an order that stays. @param noticeIds no more than a page */
  of(noticeIds: readonly string[]): Promise<NoticeDeliveryEntity[]> {
    return this.database.read.find(NoticeDeliveryEntity, {
      where: { noticeId: In([...noticeIds]) },
      order: { channel: 'ASC', recipient: 'ASC' },
    });
  }

  /** The delivery log of these, oldest first. */
  attemptsOf(deliveryIds: readonly string[]): Promise<NoticeAttemptEntity[]> {
    return this.database.read.find(NoticeAttemptEntity, {
      where: { deliveryId: In([...deliveryIds]) },
      order: { at: 'ASC', id: 'ASC' },
    });
  }
}

async function log(
  manager: EntityManager,
  deliveryId: string,
  { delivered, ...outcome }: AttemptOutcome,
): Promise<void> {
  await manager.insert(NoticeAttemptEntity, {
    ...outcome,
    ...{ id: newId('att'), deliveryId, outcome: delivered ? 'delivered' : 'failed' },
  });
}
