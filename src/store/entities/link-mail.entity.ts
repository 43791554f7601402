import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LinkPurpose } from '../../core/one-time-link.js';
import { asNumber } from '../columns.js';
import type { DeliveryState } from './notice-delivery.entity.js';

/** The links that can go by e-mail: of the first sign-in nobody knows to whom. */
export type MailedPurpose = Exclude<LinkPurpose, 'set_up'>;

export type LinkMailState = Exclude<DeliveryState, 'kept'>;

/** A link on its way to somebody by e-mail. Its token is made as it is sent, anew at each attempt, and is not here. */
@Entity('link_mail')
export class LinkMailEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  purpose!: MailedPurpose;

  /** As it was given: that there is anybody with this address is known for an invitation that was taken, and for nothing else. */
  @Column('text')
  recipient!: string;

  /** `null` until it is known whom a recovery is for. */
  @Column('text', { nullable: true })
  linkId!: string | null;

  /** From which address a recovery was asked for. */
  @Column('text', { nullable: true })
  askedFrom!: string | null;

  @Column('text')
  state!: LinkMailState;

  /** Those that were begun since it was last asked for. */
  @Column('integer')
  attempts!: number;

  /** Of the latest attempt: by it one is told from every other. */
  @Column('text', { nullable: true })
  attemptId!: string | null;

  @Column('bigint', { transformer: asNumber })
  nextAttemptAt!: number;

  /** Until then one node is at it; if that node has died, another one is afterwards. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  claimedUntil!: number | null;

  @Column('bigint', { nullable: true, transformer: asNumber })
  deliveredAt!: number | null;

  /** What went wrong last, in words of ours. */
  @Column('text', { nullable: true })
  error!: string | null;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;
}
