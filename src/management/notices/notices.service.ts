import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { noticeText } from '../../core/notice-text.js';
import type { Notice } from '../../core/notice.js';
import { conflict, notFound } from '../../platform/errors/api-error.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { NoticeAttemptEntity } from '../../store/entities/notice-attempt.entity.js';
import type { NoticeDeliveryEntity } from '../../store/entities/notice-delivery.entity.js';
import { NoticeEntity } from '../../store/entities/notice.entity.js';
import { groupBy } from '../../store/group-by.js';
import { MembersStore } from '../../store/members.store.js';
import { NoticeDeliveriesStore } from '../../store/notice-deliveries.store.js';
import { NoticesStore } from '../../store/notices.store.js';
import type {
  AttemptResponse,
  DeliveryResponse,
  LoggedNoticeResponse,
  NoticeFacts,
  NoticeResponse,
} from './notices.dto.js';

@Injectable()
export class NoticesService {
  constructor(
    private readonly database: Database,
    private readonly notices: NoticesStore,
    private readonly deliveries: NoticeDeliveriesStore,
    private readonly members: MembersStore,
    private readonly audit: AuditTrailStore,
  ) {}

  /** Newest first. */
  async list(account: AccountEntity, { limit, after }: PageQuery): Promise<Page<NoticeResponse>> {
    const rows = await this.notices.list(account.id, limit + 1, creationPlace(after));
    const deliveries = groupBy(
      await this.deliveries.of(rows.map(({ id }) => id)),
      ({ noticeId }) => noticeId,
    );
    return pageOf(
      rows,
      limit,
      (notice) => ({
        ...noticeFacts(notice),
        deliveries: (deliveries.get(notice.id) ?? []).map(deliveryResponse),
      }),
      creationCursor,
    );
  }

  async read(account: AccountEntity, id: string): Promise<LoggedNoticeResponse> {
    const notice = await this.notices.find(account.id, id);
    if (notice === null) throw notFound('notice');
    const deliveries = await this.deliveries.of([id]);
    const log = groupBy(
      await this.deliveries.attemptsOf(deliveries.map((delivery) => delivery.id)),
      ({ deliveryId }) => deliveryId,
    );
    return {
      ...noticeFacts(notice),
      deliveries: deliveries.map((delivery) => ({
        ...deliveryResponse(delivery),
        log: (log.get(delivery.id) ?? []).map(attemptResponse),
      })),
    };
  }

  /** Sends once more what was given up or kept, or does not wait any longer with what is to be sent again. */
  retry(
    { actor, callerIp }: Caller,
    account: AccountEntity,
    noticeId: string,
    id: string,
  ): Promise<DeliveryResponse> {
    return this.database.change(async (change) => {
      const where = { id: noticeId, accountId: account.id };
      const isOurs = await change.manager.existsBy(NoticeEntity, where);
      const before = isOurs ? await this.deliveries.find(change, noticeId, id) : null;
      if (before === null) throw notFound('delivery');
      if (before.state === 'delivered')
        throw conflict('This notice was delivered already.', 'NOTICE_DELIVERED');
      if (!(await this.#mayStillGetIt(change, before)))
        throw conflict('This notice was for a member who was removed.', 'MEMBER_REMOVED');
      if (!(await this.deliveries.retry(change, id)))
        throw conflict('This notice is being sent at this moment.', 'NOTICE_UNDER_WAY');
      this.notices.wake(change);
      const after = await this.deliveries.find(change, noticeId, id);
      if (after === null) throw new Error('A delivery vanished within a transaction.');
      await this.audit.append(change, {
        ...{ accountId: account.id, actor, callerIp },
        action: 'notice.delivery_retried',
        target: { type: 'notice_delivery', id },
        before: deliveryResponse(before),
        after: deliveryResponse(after),
      });
      return deliveryResponse(after);
    });
  }

  async #mayStillGetIt(
    { manager }: Change,
    { accountId, memberId }: NoticeDeliveryEntity,
  ): Promise<boolean> {
    return memberId === null || (await this.members.find(accountId, memberId, manager)) !== null;
  }
}

function noticeFacts(notice: NoticeEntity): NoticeFacts {
  const { id, accountId, kind, keyId, rotationId, createdAt, data } = notice;
  return {
    ...{ id, accountId, kind, keyId, rotationId, createdAt: iso(createdAt) },
    ...noticeText({ kind, data } as Notice),
    data,
  };
}

function deliveryResponse(delivery: NoticeDeliveryEntity): DeliveryResponse {
  const { id, channel, recipient, memberId, state, attempts } = delivery;
  const { nextAttemptAt, deliveredAt } = delivery;
  return {
    ...{ id, channel, recipient, memberId, state, attempts },
    nextAttemptAt: state === 'pending' ? iso(nextAttemptAt) : null,
    deliveredAt: isoOrNull(deliveredAt),
  };
}

function attemptResponse(attempt: NoticeAttemptEntity): AttemptResponse {
  const { at, outcome, code, durationMs, error } = attempt;
  return { at: iso(at), outcome, code, durationMs, error };
}
