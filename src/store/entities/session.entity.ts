import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** A browser in which somebody has signed in. Its token is known to that browser alone. */
@Entity('session')
export class SessionEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  personId!: string;

  /** Of its token, as of a key's secret. */
  @Column('text')
  digest!: string;

  @Column('text')
  digestAlgorithm!: string;

  @Column('integer')
  pepperVersion!: number;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** To the minute. */
  @Column('bigint', { transformer: asNumber })
  lastUsedAt!: number;

  /** Until when it lasts however much it is used. */
  @Column('bigint', { transformer: asNumber })
  expiresAt!: number;

  /** Signed out, or ended before its time. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  endedAt!: number | null;

  /** From where it was begun, and with what, for its owner to know it by. */
  @Column('text', { nullable: true })
  ip!: string | null;

  @Column('text', { nullable: true })
  userAgent!: string | null;
}
