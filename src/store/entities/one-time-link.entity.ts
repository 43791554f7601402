import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { LinkPurpose } from '../../core/one-time-link.js';
import type { Role } from '../../core/roles.js';
import { asNumber } from '../columns.js';
import type { Actor } from './audit-event.entity.js';

/** A link that opens something once. Its token is known to whoever has the link. */
@Entity('one_time_link')
export class OneTimeLinkEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  purpose!: LinkPurpose;

  /** Of its token, as of a key's secret. */
  @Column('text')
  digest!: string;

  @Column('text')
  digestAlgorithm!: string;

  @Column('integer')
  pepperVersion!: number;

  /** Into which account it lets somebody, as what. */
  @Column('text', { nullable: true })
  accountId!: string | null;

  @Column('text', { nullable: true })
  role!: Role | null;

  /** Whose password it sets. */
  @Column('text', { nullable: true })
  personId!: string | null;

  /** To whom an invitation went. */
  @Column('text', { nullable: true })
  email!: string | null;

  @Column('simple-json')
  madeBy!: Actor;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  @Column('bigint', { transformer: asNumber })
  expiresAt!: number;

  @Column('bigint', { nullable: true, transformer: asNumber })
  usedAt!: number | null;

  @Column('bigint', { nullable: true, transformer: asNumber })
  revokedAt!: number | null;
}
