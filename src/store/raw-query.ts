import type { DataSource, EntityManager } from 'typeorm';

export type SqlValue = string | number;

/**
 * Runs SQL that both databases understand.
 *
 * @param on a manager for what is to be in its transaction
 * @param sql with `?` for each value, and nowhere else
 */
export function rawQuery(
  on: DataSource | EntityManager,
  sql: string,
  values: readonly SqlValue[],
): Promise<Record<string, unknown>[]> {
  let number = 0;
  const { options } = 'options' in on ? on : on.connection;
  const isPostgres = options.type === 'postgres';
  const numbered = isPostgres ? sql.replaceAll('?', () => `$${(number += 1)}`) : sql;
  return on.query(numbered, [...values]);
}

/** Below every driver's bound on parameters. */
const idsPerQuery = 1000;

/**
 * The same for any number of ids.
 *
 * @param sql of a statement for some of them, whose places are `marks`: `?, ?, …`
 * @param values for each `?` that follows those of the ids
 */
export async function rawQueryByIds(
  dataSource: DataSource,
  sql: (marks: string) => string,
  ids: readonly string[],
  values: readonly SqlValue[] = [],
): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  for (let start = 0; start < ids.length; start += idsPerQuery) {
    const some = ids.slice(start, start + idsPerQuery);
    const marks = some.map(() => '?').join(', ');
    records.push(...(await rawQuery(dataSource, sql(marks), [...some, ...values])));
  }
  return records;
}
