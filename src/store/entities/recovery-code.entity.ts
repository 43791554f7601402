import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** A code that stands in once for the authenticator app that somebody has lost. */
@Entity('recovery_code')
export class RecoveryCodeEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  personId!: string;

  /** As of a key's secret. */
  @Column('text')
  digest!: string;

  @Column('text')
  digestAlgorithm!: string;

  @Column('integer')
  pepperVersion!: number;

  @Column('bigint', { nullable: true, transformer: asNumber })
  usedAt!: number | null;
}
