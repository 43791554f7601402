import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Brownout } from '../../core/brownout.js';
import type { RotationStanding } from '../../core/rotation.js';
import { asNumber } from '../columns.js';

/** The overlap of two secrets. That an open one's grace has run out is computed, and written down at the next change. */
@Entity('rotation')
export class RotationEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  keyId!: string;

  @Column('text')
  standing!: RotationStanding;

  @Column('bigint', { transformer: asNumber })
  startedAt!: number;

  @Column('bigint', { transformer: asNumber })
  graceEndsAt!: number;

  @Column('bigint', { nullable: true, transformer: asNumber })
  endedAt!: number | null;

  @Column('text')
  retiringSecretId!: string;

  @Column('text')
  replacingSecretId!: string;

  /** In their order. */
  @Column('simple-json')
  brownouts!: readonly Brownout[];

  @Column('text', { nullable: true })
  openedBy!: string | null;
}
