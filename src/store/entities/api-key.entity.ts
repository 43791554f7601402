import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { IpAllowlist } from '../../core/ip-allowlist.js';
import type { KeyStanding } from '../../core/key-state.js';
import type { RateLimits } from '../../core/rate-limits.js';
import type { Environment } from '../../core/secret-format.js';
import { asNumber } from '../columns.js';

/** The lasting identity of one integration. Its secrets come and go. */
@Entity('api_key')
export class ApiKeyEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  accountId!: string;

  @Column('text')
  name!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  /** What the recipient uses the data for: a line in the register of access. */
  @Column('text', { nullable: true })
  purpose!: string | null;

  /** Who receives the data: a line in the register of access. */
  @Column('text', { nullable: true })
  recipient!: string | null;

  /** Who gets the notices of this key by e-mail, beside those who get the account's. */
  @Column('text', { nullable: true })
  contactEmail!: string | null;

  @Column('text')
  environment!: Environment;

  @Column('text')
  standing!: KeyStanding;

  @Column('bigint', { nullable: true, transformer: asNumber })
  expiresAt!: number | null;

  @Column('simple-json')
  ipAllowlist!: IpAllowlist;

  /** `null` is none. */
  @Column('simple-json', { nullable: true })
  rateLimits!: RateLimits | null;

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The id of the key or member that made it; `null` for the first key of the installation. */
  @Column('text', { nullable: true })
  createdBy!: string | null;

  /** The access revision of its last change, which is its ETag. */
  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
