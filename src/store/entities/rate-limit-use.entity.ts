import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** What one process has counted against the limits of a key or an account. */
@Entity('rate_limit_use')
export class RateLimitUseEntity {
  /** The id of the key or the account. */
  @PrimaryColumn('text')
  holderId!: string;

  /** No two processes share one. */
  @PrimaryColumn('text')
  writerId!: string;

  /** Times and numbers of calls in turn, in JSON, oldest first; each time but the first as milliseconds since the one before. */
  @Column('simple-json')
  recent!: number[];

  @Column('bigint', { transformer: asNumber })
  callsOfDay!: number;

  @Column('bigint', { transformer: asNumber })
  dayEndsAt!: number;

  /** From then on nothing of it counts any more. */
  @Column('bigint', { transformer: asNumber })
  countsUntil!: number;
}
