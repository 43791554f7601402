import type { DataSource } from 'typeorm';
import { callLogSchema } from '../call-log/call-log-schema.js';
import { rawQuery, type SqlValue } from '../raw-query.js';

/** Calls of one minute, from one address block, that have no row in the call log. */
export interface JunkCount {
  /** The first epoch millisecond of the minute. */
  readonly minute: number;
  readonly block: string;
  /** Why they were turned away; `null` where they were let through. */
  readonly reason: string | null;
  readonly calls: number;
}

export type JunkCountPlace = Pick<JunkCount, 'minute' | 'block' | 'reason'>;

export interface JunkCountFilter {
  /** Epoch milliseconds, included. */
  readonly from?: number;
  /** Epoch milliseconds, not included. */
  readonly to?: number;
  readonly block?: string;
  readonly reason?: string;
}

/** Below every driver's bound on parameters. */
const countsPerStatement = 200;

/** The table `junk_count`. */
export class JunkCountsStore {
  readonly #table: string;

  /**
   * @param dataSource of `junkCountsDataSource`, initialized
   * @param writerId whose totals are saved: no two processes may share it
   */
  constructor(
    private readonly dataSource: DataSource,
    private readonly writerId: string,
  ) {
    const isPostgres = dataSource.options.type === 'postgres';
    this.#table = isPostgres ? `${callLogSchema}.junk_count` : 'junk_count';
  }

  /** Sets the totals that this process has counted. */
  async save(counts: readonly JunkCount[]): Promise<void> {
    for (let start = 0; start < counts.length; start += countsPerStatement) {
      const some = counts.slice(start, start + countsPerStatement);
      await this.#query(
        `INSERT INTO ${this.#table} (minute, block, reason, writer_id, calls)
         VALUES ${some.map(() => '(?, ?, ?, ?, ?)').join(', ')}
         ON CONFLICT (minute, block, reason, writer_id) DO UPDATE SET calls = excluded.calls`,
        some.flatMap(({ minute, block, reason, calls }) => [
          ...[minute, block, reason ?? '', this.writerId, calls],
        ]),
      );
    }
  }

  /** The latest minute first, all processes together: the primary key read backwards. */
  async list(
    filter: JunkCountFilter,
    limit: number,
    after: JunkCountPlace | null,
  ): Promise<JunkCount[]> {
    const conditions: string[] = [];
    const values: SqlValue[] = [];
    const add = (sql: string, ...given: SqlValue[]) => {
      conditions.push(sql);
      values.push(...given);
    };
    const { from, to, block, reason } = filter;
    if (from !== undefined) add('minute >= ?', from);
    if (to !== undefined) add('minute < ?', to);
    if (block !== undefined) add('block = ?', block);
    if (reason !== undefined) add('reason = ?', reason);
    if (after !== null) {
      const { minute, block: last } = after;
      add('minute <= ?', minute);
      add(
        '(minute < ? OR block < ? OR (block = ? AND reason < ?))',
        ...[minute, last, last, after.reason ?? ''],
      );
    }
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const records = await this.#query(
      `SELECT minute, block, reason, sum(calls) AS calls FROM ${this.#table} ${where}
       GROUP BY minute, block, reason ORDER BY minute DESC, block DESC, reason DESC LIMIT ?`,
      [...values, limit],
    );
    return records.map((record) => ({
      minute: Number(record['minute']),
      block: record['block'] as string,
      reason: (record['reason'] as string) || null,
      calls: Number(record['calls']),
    }));
  }

  /** Removes the oldest minute, if it is before this time. @returns whether there was one */
  async removeOldest(before: number): Promise<boolean> {
    const [record] = await this.#query(`SELECT min(minute) AS oldest FROM ${this.#table}`, []);
    const oldest = record?.['oldest'];
    if (oldest === null || oldest === undefined || Number(oldest) >= before) return false;
    await this.#query(`DELETE FROM ${this.#table} WHERE minute = ?`, [Number(oldest)]);
    return true;
  }

  #query(sql: string, values: readonly SqlValue[]): Promise<Record<string, unknown>[]> {
    return rawQuery(this.dataSource, sql, values);
  }
}
