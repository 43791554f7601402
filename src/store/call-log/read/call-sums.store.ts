import { dayOfPosition, positionsOf } from '../days/call-day.js';
import { positionsPerMs } from '../call-columns.js';
import type { CallFilter } from './call-filter.js';
import { behind, rowsOf, type CallPath } from './call-path.js';
import type { CallPaths } from './call-paths.js';
import { everywhere, type CallTable, type LogRecord, type PositionRange } from './call-table.js';
import type { CallTally } from './call-tally.js';

/** Which calls are added up: whose, of which key, from where, and when. */
export type SumFilter = Pick<CallFilter, 'accountId' | 'keyId' | 'ip' | 'from' | 'to'>;

/**
 * Rows that one statement adds up. SQLite takes 20 to 70 ms for 5,000 of them, for which whoever else reads has to wait; fewer make
 * more statements of it, for each of which a PostgreSQL that is far away has to be asked.
 */
const rowsPerSliceUsually = 5_000;

/** What is told apart of the calls of a slice. */
const groups = [
  ...['account_id', 'key_id', 'key_name', 'caller_ip'],
  ...['service_id', 'method', 'route', 'used_scopes', 'decision', 'reason'],
].join(', ');

/** Adds up the rows of the log: exactly, where the counters of usage know hours and what was counted since they began. */
export class CallSumsStore {
  readonly #rows: CallTable;
  readonly #paths: CallPaths;
  readonly #rowsPerSlice: number;

  /** @param paths of the same log */
  constructor(rows: CallTable, paths: CallPaths, rowsPerSlice = rowsPerSliceUsually) {
    this.#rows = rows;
    this.#paths = paths;
    this.#rowsPerSlice = rowsPerSlice;
  }

  /**
   * Adds all calls that match to a tally, slice by slice, and gives whoever asks a turn after each: neither the server's patience nor
   * a thread that reads is used up by one statement. A call that comes meanwhile is in it or not.
   *
   * @throws InvalidFilterError
   */
  async *addTo(tally: CallTally, filter: SumFilter): AsyncGenerator<void, void> {
    const path = await this.#paths.to(filter);
    if (path === null) return;
    let range: PositionRange | null = await this.#paths.rangeOf(filter);
    while (range !== null && range.lowest <= range.highest) {
      const slice = await this.#paths.slice(path, range, 'oldest', this.#rowsPerSlice);
      if (slice === null) return;
      for (const record of await this.#sumsIn(path, slice.range)) tally.add(record);
      yield;
      range = behind(range, slice.range, 'oldest');
    }
  }

  async #sumsIn({ index, rest }: CallPath, range: PositionRange): Promise<LogRecord[]> {
    const found = rowsOf({ index, rest: [] }, range);
    const matching = rowsOf({ index: null, rest }, everywhere);
    // Behind the inner LIMIT no other condition can talk the planner into another way to the rows than the one they were told off by.
    return this.#rows.read({
      sql: `SELECT ${groups}, count(*) AS calls, min(at) AS first_at, max(at) AS last_at
        FROM (SELECT ${groups}, caller_ip_key, at FROM {call} ${found.sql} LIMIT ?) AS slice
        ${matching.sql} GROUP BY ${groups} ORDER BY first_at`,
      values: [...found.values, Number.MAX_SAFE_INTEGER, ...matching.values],
      ...{ range, order: 'oldest', by: found.by },
    });
  }

  /**
   * Since when the log is whole, in epoch milliseconds: the beginning of the day, in UTC, of its oldest row, since retention takes
   * whole days. `null` for a log without rows.
   */
  async rowsSince(): Promise<number | null> {
    const [record] = await this.#rows.read({
      sql: 'SELECT position FROM {call} ORDER BY position LIMIT 1',
      values: [],
      ...{ range: everywhere, order: 'oldest', limit: 1 },
    });
    if (record === undefined) return null;
    const { lowest } = positionsOf(dayOfPosition(Number(record['position'])));
    return lowest / positionsPerMs;
  }
}
