import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { given } from './given.js';

/** A place in a list that is ordered by the time things were made. */
export interface Place {
  readonly createdAt: number;
  readonly id: string;
}

/**
 * The next page of a list ordered by `createdAt`, then `id`, of a query whose alias is `row`: by key, not by offset, so that
 * nothing is shown twice or left out while rows arrive.
 */
export function pageAfter<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  limit: number,
  after: Place | null,
): SelectQueryBuilder<T> {
  if (after !== null) {
    query.andWhere(
      '(row.createdAt > :createdAt OR (row.createdAt = :createdAt AND row.id > :id))',
      given({ createdAt: after.createdAt, id: after.id }),
    );
  }
  return query.orderBy('row.createdAt', 'ASC').addOrderBy('row.id', 'ASC').take(limit);
}

/** The same the other way round: newest first. */
export function pageBefore<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  limit: number,
  before: Place | null,
): SelectQueryBuilder<T> {
  if (before !== null) {
    query.andWhere(
      '(row.createdAt < :createdAt OR (row.createdAt = :createdAt AND row.id < :id))',
      given({ createdAt: before.createdAt, id: before.id }),
    );
  }
  return query.orderBy('row.createdAt', 'DESC').addOrderBy('row.id', 'DESC').take(limit);
}
