import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { OwnPolicy } from '../../core/account-policy.js';
import type { IpAllowlist } from '../../core/ip-allowlist.js';
import type { RateLimits } from '../../core/rate-limits.js';
import { asNumber } from '../columns.js';

export type AccountKind = 'production' | 'developer' | 'sandbox';

@Entity('account')
export class AccountEntity {
  @PrimaryColumn('text')
  id!: string;

  @Column('text')
  name!: string;

  @Column('text')
  kind!: AccountKind;

  /** The one account whose keys act on every other; it opens accounts and publishes services. */
  @Column('boolean')
  isOperator!: boolean;

  @Column('boolean')
  suspended!: boolean;

  @Column('boolean')
  allowHapikey!: boolean;

  /** The scopes that its keys can use of the catalogue; `null` is all of them. */
  @Column('simple-json', { nullable: true })
  entitledScopes!: string[] | null;

  @Column('simple-json')
  ipAllowlist!: IpAllowlist;

  @Column('simple-json')
  policy!: OwnPolicy;

  /** Over all of its keys together; `null` is none. */
  @Column('simple-json', { nullable: true })
  rateLimits!: RateLimits | null;

  /** By whose calendar the days of its limits are: an IANA name. */
  @Column('text')
  timeZone!: string;

  /** Who gets its notices by e-mail. */
  @Column('simple-json')
  noticeEmails!: string[];

  @Column('bigint', { transformer: asNumber })
  createdAt!: number;

  /** The access revision of its last change, which is its ETag. */
  @Column('bigint', { transformer: asNumber })
  revision!: number;
}
