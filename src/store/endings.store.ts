import { Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import { Database } from './database.js';
import { AccountEntity } from './entities/account.entity.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import { given } from './given.js';
import { pageAfter, type Place } from './pages.js';

/** A place in a list that is ordered by when things end. */
export interface EndingPlace {
  readonly endsAt: number;
  readonly id: string;
}

/** A current secret with the account whose policy it is held to. */
export type AgingSecret = SecretEntity & { readonly account: AccountEntity };

/** What ends by itself, found by when it does. */
@Injectable()
export class EndingsStore {
  constructor(private readonly database: Database) {}

  /** Rotations that nobody has closed whose grace is over by then, in the order of their ends. */
  rotations(until: number, limit: number, after: EndingPlace | null): Promise<RotationEntity[]> {
    const query = this.database.read
      .createQueryBuilder(RotationEntity, 'row')
      .where("row.standing = 'open'");
    return page(query, 'graceEndsAt', until, limit, after).getMany();
  }

  /** Keys that are not revoked and expire in that time, in the order of their ends. @param time without its first moment */
  keys(
    { from, until }: { readonly from: number; readonly until: number },
    limit: number,
    after: EndingPlace | null,
  ): Promise<ApiKeyEntity[]> {
    const query = this.database.read
      .createQueryBuilder(ApiKeyEntity, 'row')
      .where("row.standing <> 'revoked' AND row.expiresAt > :from", given({ from }));
    return page(query, 'expiresAt', until, limit, after).getMany();
  }

  /** Current secrets, of keys that are not revoked, that were made by then; oldest first. */
  async agingSecrets(madeBy: number, limit: number, after: Place | null): Promise<AgingSecret[]> {
    const query = this.database.read
      .createQueryBuilder(SecretEntity, 'row')
      .innerJoin(ApiKeyEntity, 'key', "key.id = row.keyId AND key.standing <> 'revoked'")
      .innerJoinAndMapOne('row.account', AccountEntity, 'account', 'account.id = key.accountId')
      .where('row.endsAt IS NULL AND row.revokedAt IS NULL')
      .andWhere('row.createdAt <= :madeBy', given({ madeBy }));
    return (await pageAfter(query, limit, after).getMany()) as AgingSecret[];
  }
}

function page<T extends RotationEntity | ApiKeyEntity>(
  query: SelectQueryBuilder<T>,
  column: 'graceEndsAt' | 'expiresAt',
  until: number,
  limit: number,
  after: EndingPlace | null,
): SelectQueryBuilder<T> {
  query.andWhere(`row.${column} <= :until`, given({ until }));
  if (after !== null) {
    query.andWhere(
      `(row.${column} > :endsAt OR (row.${column} = :endsAt AND row.id > :id))`,
      given({ endsAt: after.endsAt, id: after.id }),
    );
  }
  return query.orderBy(`row.${column}`, 'ASC').addOrderBy('row.id', 'ASC').take(limit);
}
