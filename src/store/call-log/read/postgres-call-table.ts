import type { DataSource } from 'typeorm';
import { rawQuery } from '../../raw-query.js';
import { dayOfPosition } from '../days/call-day.js';
import { listPartitions, partitionsOf } from '../days/postgres-days.js';
import type { CallTable, LogRecord, PositionRange, Reading } from './call-table.js';

/**
 * Partitions that one statement may touch. It takes a lock for each and for each of its indexes, and the server has 6,400 for
 * everybody as it comes: years of days in one statement would use them up.
 */
const partitionsMax = 31;
/** What has to find only so much begins with these: planning a statement takes some 0.3 ms for each partition it may touch. */
const partitionsFirst = 2;

/** The rows of a log on PostgreSQL, a partition for each day: read from so many of them at a time. */
export class PostgresCallTable implements CallTable {
  readonly like = 'ILIKE';
  readonly #dataSource: DataSource;

  /** @param dataSource of `callLogReader`, initialized */
  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  async read({ sql, values, range, order, limit = Infinity }: Reading): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    const partitions = limit === Infinity ? partitionsMax : partitionsFirst;
    for (const within of await this.#pieces(range, order, partitions)) {
      // Numbers in the text, and not beside it: partitions are left out while the statement is planned.
      const rows = `(SELECT * FROM call_log.call WHERE position BETWEEN ${within.lowest} AND ${within.highest}) AS call`;
      records.push(
        ...(await rawQuery(this.#dataSource, sql.replaceAll(/\{(?:call|index)\}/g, rows), values)),
      );
      if (records.length >= limit) return records.slice(0, limit);
    }
    return records;
  }

  /** A range in pieces, in the order in which they are to be read: the first with so many partitions, each other with twice as many. */
  async #pieces(
    range: PositionRange,
    order: Reading['order'],
    first: number,
  ): Promise<PositionRange[]> {
    const { lowest, highest } = range;
    if (dayOfPosition(highest) - dayOfPosition(lowest) < first) return [range];
    const listed: Parameters<typeof partitionsOf>[0] = await this.#dataSource.query(listPartitions);
    const partitions = partitionsOf(listed)
      .filter(({ from, to, isLeaving }) => !isLeaving && from <= highest && to > lowest)
      .sort((one, other) => (order === 'newest' ? other.from - one.from : one.from - other.from));
    const pieces: PositionRange[] = [];
    for (let [start, size] = [0, first]; start < partitions.length; start += size, size *= 2) {
      size = Math.min(size, partitionsMax);
      const some = partitions.slice(start, start + size);
      pieces.push({
        lowest: Math.max(lowest, Math.min(...some.map(({ from }) => from))),
        highest: Math.min(highest, Math.max(...some.map(({ to }) => to)) - 1),
      });
    }
    return pieces;
  }
}
