import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

export type NoticeChannel = 'email' | 'webhook';

/** Pending: to be sent, or to be sent again. Given up: the last attempt failed. Kept: there is no way to send it. */
export type DeliveryState = 'pending' | 'delivered' | 'given_up' | 'kept';

/** One notice on its way to one recipient. */
@Entity('notice_delivery')
export class NoticeDeliveryEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  noticeId!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  channel!: NoticeChannel;

  /** An e-mail address, or the id of a webhook. */
  @Column('text')
  recipient!: string;

  /** The member whose address this is, where nobody else has set it; who is removed gets it no longer. */
  @Column('text', { nullable: true })
  memberId!: string | null;

  @Column('text')
  state!: DeliveryState;

  /** Those that were begun since it was last asked for. */
  @Column('integer')
  attempts!: number;

  @Column('bigint', { transformer: asNumber })
  nextAttemptAt!: number;

  /** Until then one node is at it; if that node has died, another one is afterwards. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  claimedUntil!: number | null;

  @Column('bigint', { nullable: true, transformer: asNumber })
  deliveredAt!: number | null;
}
