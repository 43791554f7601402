import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Notice } from '../../core/notice.js';
import { asNumber } from '../columns.js';

/** Something that people are told of: written in the transaction of the change itself, and never changed. */
@Entity('notice')
export class NoticeEntity {
  /** Also what a receiver knows it by: the `webhook-id`. */
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  kind!: Notice['kind'];

  @Column('text', { nullable: true })
  keyId!: string | null;

  @Column('text', { nullable: true })
  rotationId!: string | null;

  @Column('simple-json')
  data!: Notice['data'];

  /** What it tells of, so that this is told once however often it is found; of what cannot be found twice, its own id. */
  @Column('text')
  dedupeKey!: string;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;
}
