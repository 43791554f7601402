import { Injectable } from '@nestjs/common';
import { noAllowlist, type IpAllowlist } from '../core/ip-allowlist.js';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { AccountEntity, type AccountKind } from './entities/account.entity.js';
import { pageAfter, type Place } from './pages.js';

export interface NewAccount {
  readonly name: string;
  readonly kind: AccountKind;
  readonly isOperator: boolean;
  readonly allowHapikey: boolean;
  readonly entitledScopes: readonly string[] | null;
}

export type AccountChanges = Partial<
  Pick<AccountEntity, 'name' | 'kind' | 'suspended' | 'allowHapikey' | 'entitledScopes'> & {
    ipAllowlist: IpAllowlist;
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

  /** Oldest first. @param onlyId leaves out every other account */
  list(limit: number, after: Place | null, onlyId: string | null = null): Promise<AccountEntity[]> {
    const query = this.database.read.createQueryBuilder(AccountEntity, 'row');
    if (onlyId !== null) query.where('row.id = :onlyId', { onlyId });
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
