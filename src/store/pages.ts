import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';

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
      { ...after },
    );
  }
  return query.orderBy('row.createdAt', 'ASC').addOrderBy('row.id', 'ASC').take(limit);
}
