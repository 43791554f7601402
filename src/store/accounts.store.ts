import { Injectable } from '@nestjs/common';
import type { OwnPolicy } from '../core/account-policy.js';
import { noAllowlist, type IpAllowlist } from '../core/ip-allowlist.js';
import { newId } from '../core/ids.js';
import type { RateLimits } from '../core/rate-limits.js';
import { Database, type Change } from './database.js';
import { AccountEntity, type AccountKind } from './entities/account.entity.js';
import { given } from './given.js';
import { pageAfter, type Place } from './pages.js';

export interface NewAccount {
  readonly name: string;
  readonly kind: AccountKind;
  readonly isOperator: boolean;
  readonly allowHapikey: boolean;
  readonly entitledScopes: readonly string[] | null;
  readonly rateLimits: RateLimits | null;
  readonly timeZone: string;
}

export type AccountChanges = Partial<
  Pick<AccountEntity, 'name' | 'kind' | 'suspended' | 'allowHapikey' | 'entitledScopes'> & {
    ipAllowlist: IpAllowlist;
    policy: OwnPolicy;
    noticeEmails: string[];
    rateLimits: RateLimits | null;
    timeZone: string;
  }
>;

@Injectable()
export class AccountsStore {
  constructor(private readonly database: Database) {}

  find(id: string): Promise<AccountEntity | null> {
    return this.database.read.findOneBy(AccountEntity, { id });
  }

  findOperator(): Promise<AccountEntity | null> {
    return this.database.read.findOneBy(AccountEntity, { isOperator: true });
  }

  /** Every policy that some account has of its own. */
  async policies(): Promise<OwnPolicy[]> {
    const rows = await this.database.read
      .createQueryBuilder(AccountEntity, 'row')
      .select('DISTINCT row.policy', 'policy')
      .getRawMany<{ policy: string }>();
    return rows.map(({ policy }) => JSON.parse(policy) as OwnPolicy);
  }

  /** Oldest first. @param whose the one account of that id, or everybody's: that is said, so that no forgotten id says it */
  list(
    limit: number,
    after: Place | null,
    whose: { readonly id: string } | 'everybody',
  ): Promise<AccountEntity[]> {
    const query = this.database.read.createQueryBuilder(AccountEntity, 'row');
    if (whose !== 'everybody') query.where('row.id = :id', given({ id: whose.id }));
    return pageAfter(query, limit, after).getMany();
  }

  async create(change: Change, account: NewAccount): Promise<AccountEntity> {
    const id = newId('acc');
    await change.touch('account', id);
    await change.manager.insert(AccountEntity, {
      ...account,
      entitledScopes: account.entitledScopes === null ? null : [...account.entitledScopes],
      id,
      suspended: false,
      ipAllowlist: noAllowlist,
      policy: {},
      noticeEmails: [],
      createdAt: change.now,
      revision: change.revision,
    });
    return change.manager.findOneByOrFail(AccountEntity, { id });
  }

  /** @returns the account as it is afterwards */
  async change(change: Change, id: string, changes: AccountChanges): Promise<AccountEntity> {
    await change.touch('account', id);
    await change.manager.update(AccountEntity, { id }, { ...changes, revision: change.revision });
    return change.manager.findOneByOrFail(AccountEntity, { id });
  }
}
