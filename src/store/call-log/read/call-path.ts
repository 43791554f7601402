import { conditionsOfRange, type Condition } from './call-filter.js';
import type { CallOrder, PositionRange, Reading } from './call-table.js';
import type { CallIndex } from '../days/call-indexes.js';

/** How the rows of a filter are found, in the order of their positions. */
export interface CallPath {
  /** What an index answers; `null`: all rows are looked at, by their position. */
  readonly index: Condition | null;
  /** What has to be looked at in each row that is found so. */
  readonly rest: readonly Condition[];
}

/** The beginning of a range, and how many rows of a path are in it. */
export interface Slice {
  readonly range: PositionRange;
  readonly rows: number;
}

type Statement = Pick<Reading, 'sql' | 'values' | 'by'>;

/** @param indexes that may be used, the best first */
export function pathOf(conditions: readonly Condition[], indexes: readonly CallIndex[]): CallPath {
  const best = indexes
    .map((index) => conditions.find((condition) => condition.index === index))
    .find((condition) => condition !== undefined);
  return { index: best ?? null, rest: conditions.filter((condition) => condition !== best) };
}

/** Of the first `rows` rows of a path: how many there are, and the position of the last. No record where there are none. */
export function edgeOf(
  { index }: CallPath,
  range: PositionRange,
  order: CallOrder,
  rows: number,
): Statement {
  const first = order === 'newest' ? 'ORDER BY position DESC LIMIT ?' : 'ORDER BY position LIMIT ?';
  const edge = order === 'newest' ? 'min(position)' : 'max(position)';
  const ways = (index?.anyOf ?? [index]).map((condition) => {
    const { sql, values } = whereOf([condition ?? [], conditionsOfRange(range)].flat());
    return {
      sql: `SELECT position FROM ${tableOf(index)} ${sql} ${first}`,
      values: [...values, rows],
    };
  });
  const all = ways.map(({ sql }) => `SELECT position FROM (${sql}) AS way`).join(' UNION ALL ');
  return {
    sql: `SELECT count(*) AS found, ${edge} AS edge
      FROM (SELECT position FROM (${all}) AS every ${first}) AS first HAVING count(*) > 0`,
    values: [...ways.flatMap(({ values }) => values), rows],
    by: index?.index,
  };
}

/** How many rows an index finds in a range, of so many at most. */
export function countOf({ index }: CallPath, range: PositionRange, max: number): Statement {
  const { sql, values } = whereOf([index ?? [], conditionsOfRange(range)].flat());
  return {
    sql: `SELECT count(*) AS found FROM (SELECT 1 FROM ${tableOf(index)} ${sql} LIMIT ?) AS counted`,
    values: [...values, max],
    by: index?.index,
  };
}

/** What the rows of a path within a range match. */
export function rowsOf({ index, rest }: CallPath, range: PositionRange): Statement {
  const where = whereOf([index ?? [], rest, conditionsOfRange(range)].flat());
  return { ...where, by: index?.index };
}

/** What an index finds it also counts, without a look at the rows. */
function tableOf(index: Condition | null): string {
  return index?.index === undefined ? '{call}' : '{index}';
}

function whereOf(conditions: readonly Condition[]): Statement {
  return {
    sql: conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`,
    values: conditions.flatMap(({ values }) => values),
  };
}

/** What is left of a range behind a slice that begins where it begins; `null` if nothing is. */
export function behind(
  range: PositionRange,
  slice: PositionRange,
  order: CallOrder,
): PositionRange | null {
  const left =
    order === 'newest'
      ? { ...range, highest: slice.lowest - 1 }
      : { ...range, lowest: slice.highest + 1 };
  return left.lowest <= left.highest ? left : null;
}

/** From the beginning of a range to a position, both included. */
export function upTo(range: PositionRange, edge: number, order: CallOrder): PositionRange {
  return order === 'newest' ? { ...range, lowest: edge } : { ...range, highest: edge };
}

/** The addresses that are on the log in a range of them, each found by one look into the index. */
export function addressesBetween(first: string, last: string, limit: number): Statement {
  const next = 'SELECT min(caller_ip_key) FROM {index} WHERE caller_ip_key';
  return {
    sql: `WITH RECURSIVE address (ip) AS (
        ${next} BETWEEN ? AND ?
        UNION ALL SELECT (${next} > address.ip AND caller_ip_key <= ?) FROM address WHERE ip IS NOT NULL
      ) SELECT ip FROM address WHERE ip IS NOT NULL LIMIT ?`,
    values: [first, last, last, limit],
    by: 'ip',
  };
}
