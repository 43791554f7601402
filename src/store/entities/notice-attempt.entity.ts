import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** A line of the delivery log: one attempt to send one notice to one recipient. */
@Entity('notice_attempt')
export class NoticeAttemptEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  deliveryId!: string;

  @Column('bigint', { transformer: asNumber })
  at!: number;

  @Column('text')
  outcome!: 'delivered' | 'failed';

  /** The status of HTTP or the reply code of SMTP, where there was an answer. */
  @Column('integer', { nullable: true })
  code!: number | null;

  @Column('integer')
  durationMs!: number;

  /** What went wrong, in words of ours. */
  @Column('text', { nullable: true })
  error!: string | null;
}
