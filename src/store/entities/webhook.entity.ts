import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { NoticeKind } from '../../core/notice.js';
import { asNumber } from '../columns.js';
import type { SealedText } from './service.entity.js';

/** A secret that signs beside its successor for a while. */
export interface PreviousSecret extends SealedText {
  /** Epoch milliseconds. */
  readonly signsUntil: number;
}

/** Where an account has its notices sent by HTTP. */
@Entity('webhook')
export class WebhookEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  url!: string;

  /** Of which kinds; `null` is all, those to come included. */
  @Column('simple-json', { nullable: true })
  kinds!: NoticeKind[] | null;

  @Column('boolean')
  enabled!: boolean;

  @Column('simple-json')
  secret!: SealedText;

  @Column('simple-json', { nullable: true })
  previousSecret!: PreviousSecret | null;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The access revision of its last change, which is its ETag. */
  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
