import { Column, Entity, PrimaryColumn } from 'typeorm';
import { asNumber } from '../columns.js';

/** One version of a key's secret: its digest, never itself. */
@Entity('secret')
export class SecretEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  keyId!: string;

  /** Of our own format, or brought along. */
  @Column('text')
  format!: 'ours' | 'legacy';

  @Column('text')
  digest!: string;

  @Column('text')
  digestAlgorithm!: string;

  @Column('integer')
  pepperVersion!: number;

  /** The first characters, for people to tell secrets apart. */
  @Column('text')
  start!: string;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The end of its grace; `null` while it is the current one. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  endsAt!: number | null;

  /** Ended before its time: a cancelled rotation, a reissue. */
  @Column('bigint', { nullable: true, transformer: asNumber })
  revokedAt!: number | null;

  /** The rotation that set `endsAt`. */
  @Column('text', { nullable: true })
  rotationId!: string | null;

  @Column('bigint', { nullable: true, transformer: asNumber })
  firstUsedAt!: number | null;
}
