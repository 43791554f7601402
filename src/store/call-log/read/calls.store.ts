import type { Call } from '../../../core/call.js';
import { positionOfCallId } from '../../../core/ids.js';
import { callOf, positionsPerMs, selectedColumns } from '../call-columns.js';
import { decodeCursor, encodeCursor, type CallPlace } from './call-cursor.js';
import type { CallFilter, Condition } from './call-filter.js';
import { behind, rowsOf, type CallPath, type Slice } from './call-path.js';
import { CallCounter, type CallCounts } from './call-counts.js';
import type { CallPaths } from './call-paths.js';
import { CallTail } from './call-tail.js';
import type { CallLogTables } from './call-log-tables.js';
import type { CallOrder, CallTable, PositionRange } from './call-table.js';

export interface CallPage {
  readonly calls: readonly Call[];
  /** The cursor of the page after this one, or `null` at the end. */
  readonly next: string | null;
  /**
   * Given where the page ended because looking for more would have taken too long, with fewer calls than asked for, or none:
   * the epoch millisecond up to which the log has been looked through. The rest is behind `next`.
   */
  readonly searchedTo: number | null;
}

export interface CallPageQuery {
  /** Calls at most. */
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: string;
  /** Newest first unless given. */
  readonly order?: CallOrder;
}

/** How much is done for one question at most. */
export interface SearchEffort {
  /** Milliseconds for which a page is looked for, */
  readonly searchMs: number;
  /** and the rows that are looked through for it in any case. */
  readonly searchRows: number;
  /** Rows that are read to count what a filter finds. */
  readonly countedRows: number;
}

const usualEffort: SearchEffort = { searchMs: 25, searchRows: 500, countedRows: 20_000 };

/** Rows that are looked through in one go: few at first, because most things are found soon. */
const sliceRows = { min: 100, first: 500, max: 4_000 };

const nothing: CallPage = { calls: [], next: null, searchedTo: null };

/** Reads the call log. */
export class CallsStore {
  readonly #tables: CallLogTables;
  readonly #rows: CallTable;
  readonly #paths: CallPaths;
  readonly #effort: SearchEffort;
  readonly #counter: CallCounter;

  /**
   * @param rows of the same log
   * @param paths to these rows
   */
  constructor(
    tables: CallLogTables,
    rows: CallTable,
    paths: CallPaths,
    effort: SearchEffort = usualEffort,
  ) {
    this.#tables = tables;
    this.#rows = rows;
    this.#paths = paths;
    this.#effort = effort;
    this.#counter = new CallCounter(rows, paths, effort.countedRows);
  }

  /**
   * The calls that match. Pages by place, not by number, so that calls that arrive meanwhile shift nothing.
   *
   * A page is given when it is full or enough was done for it, whichever comes first. What no index finds is looked for in slices, a
   * bounded number of rows each, so that a rare thing in a long log costs many short searches and no long one.
   *
   * @throws InvalidCursorError, InvalidFilterError
   */
  async search(
    filter: CallFilter,
    { limit, after, order = 'newest' }: CallPageQuery,
  ): Promise<CallPage> {
    const until = performance.now() + this.#effort.searchMs;
    const place = after === undefined ? null : decodeCursor(after);
    const path = await this.#paths.to(filter, conditionsBeyond(place, order));
    if (path === null) return nothing;
    const range = beyond(place, await this.#paths.rangeOf(filter), order);
    return this.#lookThrough(path, range, { limit, order, until });
  }

  async #lookThrough(
    path: CallPath,
    whole: PositionRange | null,
    { limit, order, until }: { limit: number; order: CallOrder; until: number },
  ): Promise<CallPage> {
    const calls: Call[] = [];
    let looked = 0;
    let range = whole;
    let rows = sliceRows.first;
    while (range !== null) {
      const beganAt = performance.now();
      const slice = await this.#sliceOf(path, range, order, rows);
      if (slice === null) break;
      looked += slice.rows;
      // One more than asked for tells whether there is a next page.
      calls.push(...(await this.#select(path, slice.range, order, limit + 1 - calls.length)));
      if (calls.length > limit) {
        const page = calls.slice(0, limit);
        return { calls: page, next: encodeCursor(page.at(-1) as Call), searchedTo: null };
      }
      range = behind(range, slice.range, order);
      const now = performance.now();
      rows = rowsOfNext(rows, { tookMs: now - beganAt, leftMs: until - now });
      if (range === null || looked < this.#effort.searchRows || now < until) continue;
      // What is not worth another look is no reason to come again.
      if ((await this.#paths.slice(path, range, order, 1)) === null) break;
      const position = order === 'newest' ? slice.range.lowest : slice.range.highest;
      const searchedTo = Math.floor(position / positionsPerMs);
      return { calls, next: encodeCursor({ position, nodeId: '' }), searchedTo };
    }
    return { ...nothing, calls };
  }

  /**
   * Every call that matches, newest first, page by page. What is committed after the first page was asked for is left out, also
   * where it arrived earlier.
   *
   * @throws InvalidCursorError, InvalidFilterError
   */
  async *pages(
    filter: CallFilter,
    { limit, after }: { readonly limit: number; readonly after: string | null },
  ): AsyncGenerator<readonly Call[], void> {
    const lastSeqs = await this.#lastSeqs();
    let cursor = after;
    do {
      const page = await this.search(filter, {
        limit,
        ...(cursor !== null && { after: cursor }),
      });
      yield page.calls.filter(({ nodeId, seq }) => seq <= (lastSeqs.get(nodeId) ?? 0));
      cursor = page.next;
    } while (cursor !== null);
  }

  /** What there is of the calls that match, by several fields. In bounded time. @throws InvalidFilterError */
  count(filter: CallFilter): Promise<CallCounts> {
    return this.#counter.count(filter);
  }

  /** Follows what is new, once it is started. @throws InvalidFilterError */
  follow(filter: CallFilter): CallTail {
    return new CallTail(this.#tables, this.#rows, filter);
  }

  /** The call with this id, or `null`. */
  async find(id: string): Promise<Call | null> {
    const position = positionOfCallId(id);
    if (position === null) return null;
    const byId = { index: null, rest: [{ sql: 'id = ?', values: [id] }] };
    const [call] = await this.#select(byId, { lowest: position, highest: position }, 'newest', 1);
    return call ?? null;
  }

  /** What an index finds need not be looked through. */
  #sliceOf(
    path: CallPath,
    range: PositionRange,
    order: CallOrder,
    rows: number,
  ): Promise<Slice | null> {
    if (path.rest.length === 0 && path.index?.anyOf === undefined)
      return Promise.resolve({ range, rows });
    return this.#paths.slice(path, range, order, rows);
  }

  async #select(
    path: CallPath,
    range: PositionRange,
    order: CallOrder,
    limit: number,
  ): Promise<Call[]> {
    const { sql, values, by } = rowsOf(path, range);
    const direction = order === 'newest' ? 'DESC' : 'ASC';
    const records = await this.#rows.read({
      sql: `SELECT ${selectedColumns} FROM {call} ${sql} ORDER BY position ${direction}, node_id ${direction} LIMIT ?`,
      values: [...values, limit],
      ...{ range, order, limit, by },
    });
    return records.map(callOf);
  }

  /** How far each node has come: a node commits its rows in the order of their numbers. */
  async #lastSeqs(): Promise<ReadonlyMap<string, number>> {
    const sql = `SELECT node_id, last_seq FROM ${this.#tables.name('call_node')}`;
    const records = await this.#tables.query(sql, []);
    return new Map(
      records.map((record) => [record['node_id'] as string, Number(record['last_seq'])]),
    );
  }
}

/** Twice as many as the last time, unless that takes too long: a row that is not in memory takes a hundred times as long. */
function rowsOfNext(rows: number, { tookMs, leftMs }: { tookMs: number; leftMs: number }): number {
  const fitting = Math.floor((rows * leftMs) / tookMs);
  return Math.max(sliceRows.min, Math.min(2 * rows, fitting, sliceRows.max));
}

/** What is left of a range beyond a place; `null` if nothing is. */
function beyond(
  place: CallPlace | null,
  range: PositionRange,
  order: CallOrder,
): PositionRange | null {
  // Other nodes may have calls at the same position.
  const step = place?.nodeId === '' ? 1 : 0;
  const { position } = place ?? {};
  const left =
    position === undefined
      ? range
      : order === 'newest'
        ? { ...range, highest: Math.min(range.highest, position - step) }
        : { ...range, lowest: Math.max(range.lowest, position + step) };
  return left.lowest <= left.highest ? left : null;
}

function conditionsBeyond(place: CallPlace | null, order: CallOrder): Condition[] {
  if (place === null || place.nodeId === '') return [];
  const sign = order === 'newest' ? '<' : '>';
  const sql = `(position ${sign} ? OR node_id ${sign} ?)`;
  return [{ sql, values: [place.position, place.nodeId] }];
}
