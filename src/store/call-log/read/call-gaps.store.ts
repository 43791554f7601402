import { positionsPerMs } from '../call-columns.js';
import { connectionNameOf } from '../call-log-connection.js';
import type { CallLogTables } from './call-log-tables.js';
import type { CallLogMode } from '../write/call-sink.js';
import { behind, type CallPath } from './call-path.js';
import type { CallPaths } from './call-paths.js';
import { everywhere, type CallOrder, type CallTable, type PositionRange } from './call-table.js';
import { missingBetween, NumberSpans, type Span } from '../../../core/number-spans.js';

/** Numbers of one node that have no row. */
export interface CallGap extends Span {
  readonly nodeId: string;
  /** Epoch milliseconds of the calls with the number before and the one after; `null` where there is none. */
  readonly after: number | null;
  readonly before: number | null;
}

/** A run of a buffered log that ended without a word: what it had not written is lost, and nobody knows how much that was. */
export interface UnclearEnd {
  readonly nodeId: string;
  readonly startedAt: number;
  /** Of its last call that is on the log, epoch milliseconds; `null`: it has none. */
  readonly lastCallAt: number | null;
  /** Whether it has perhaps not ended at all. */
  readonly mayStillRun: boolean;
}

/** What is missing from the log. */
export interface Completeness {
  /** Rows that were looked at. */
  readonly rows: number;
  /** In the order of their nodes and numbers. */
  readonly gaps: readonly CallGap[];
  /** Whether there are more than are told. */
  readonly hasMore: boolean;
  readonly unclearEnds: readonly UnclearEnd[];
}

/** Which numbers are looked at. */
export interface GapSearch {
  /** Of calls that arrived from then on, and before. Epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** From then on nothing was ever removed; 0: nothing at all. */
  readonly keptFrom: number;
}

/** Rows that are looked through in one go. */
const rowsPerSlice = 50_000;
const spansMax = 10_000;
const gapsMax = 500;
const allRows: CallPath = { index: null, rest: [] };

/** Looks for what is missing: a node numbers its calls without a gap, whether or not their rows could be kept. */
export class CallGapsStore {
  /**
   * @param rows of the same log
   * @param paths to these rows
   * @param ownNodeId under which this process writes
   */
  constructor(
    private readonly tables: CallLogTables,
    private readonly rows: CallTable,
    private readonly paths: CallPaths,
    private readonly ownNodeId: string,
  ) {}

  /** Looks at every call that arrived in a time, slice by slice. */
  async check({ from, to, keptFrom }: GapSearch): Promise<Completeness> {
    // Numbers that are given out from now on are not missed.
    const isToTheEnd = to >= Date.now();
    const marks = await this.#marks();
    const nodes = new Map<string, NumberSpans>();
    const lowest = from * positionsPerMs;
    let rows = 0;
    let range: PositionRange | null = { lowest, highest: to * positionsPerMs - 1 };
    while (range !== null && range.lowest <= range.highest) {
      const slice = await this.paths.slice(allRows, range, 'oldest', rowsPerSlice);
      if (slice === null) break;
      rows += await this.#lookThrough(slice.range, nodes);
      range = behind(range, slice.range, 'oldest');
    }
    const gaps: CallGap[] = [];
    for (const { nodeId, lastSeq, lastPosition } of marks) {
      if (lastPosition < lowest || gaps.length > gapsMax) continue;
      const spans = nodes.get(nodeId) ?? new NumberSpans();
      // Where all rows of a time are gone, their neighbours tell.
      const before = await this.#numberBefore(nodeId, { from, keptFrom });
      const after = isToTheEnd ? lastSeq : await this.#numberAfter(nodeId, to);
      if (before !== null) spans.add({ first: before, last: before });
      if (!isToTheEnd && after !== null) spans.add({ first: after, last: after });
      for (const gap of spans.gaps(isToTheEnd ? lastSeq : 0))
        gaps.push(...(await this.#confirmed(nodeId, gap)));
    }
    return {
      rows,
      gaps: gaps.slice(0, gapsMax),
      hasMore: gaps.length > gapsMax,
      unclearEnds: await this.#unclearEnds(from, to),
    };
  }

  /** The last number of what came earlier, as far as that is known to be whole. */
  async #numberBefore(
    nodeId: string,
    { from, keptFrom }: Pick<GapSearch, 'from' | 'keptFrom'>,
  ): Promise<number | null> {
    const range = { lowest: keptFrom * positionsPerMs, highest: from * positionsPerMs - 1 };
    const found = await this.#numberIn('max', nodeId, range, 'newest');
    return found ?? (keptFrom === 0 ? 0 : null);
  }

  #numberAfter(nodeId: string, to: number): Promise<number | null> {
    const range = { ...everywhere, lowest: to * positionsPerMs };
    return this.#numberIn('min', nodeId, range, 'oldest');
  }

  async #numberIn(
    which: 'min' | 'max',
    nodeId: string,
    range: PositionRange,
    order: CallOrder,
  ): Promise<number | null> {
    if (range.lowest > range.highest) return null;
    const [record] = await this.rows.read({
      sql: `SELECT ${which}(seq) AS seq FROM {call} WHERE node_id = ? AND position BETWEEN ? AND ?
        HAVING count(*) > 0`,
      values: [nodeId, range.lowest, range.highest],
      ...{ range, order, limit: 1 },
    });
    return record === undefined ? null : Number(record['seq']);
  }

  /** @returns how many rows there are */
  async #lookThrough(range: PositionRange, nodes: Map<string, NumberSpans>): Promise<number> {
    const records = await this.rows.read({
      sql: `SELECT node_id, count(*) AS found, min(seq) AS first, max(seq) AS last
        FROM {call} WHERE position BETWEEN ? AND ? GROUP BY node_id`,
      values: [range.lowest, range.highest],
      ...{ range, order: 'oldest' },
    });
    let rows = 0;
    for (const record of records) {
      const nodeId = record['node_id'] as string;
      const found = Number(record['found']);
      const [first, last] = [Number(record['first']), Number(record['last'])];
      const spans = nodes.get(nodeId) ?? new NumberSpans();
      nodes.set(nodeId, spans);
      rows += found;
      if (found === last - first + 1) spans.add({ first, last });
      else for (const span of await this.#spansIn(nodeId, range)) spans.add(span);
    }
    return rows;
  }

  async #spansIn(nodeId: string, range: PositionRange): Promise<Span[]> {
    const within = 'node_id = ? AND position BETWEEN ? AND ?';
    return this.#spansWhere(within, [nodeId, range.lowest, range.highest], range);
  }

  /** What of a gap is one: a call that took long lies far from its neighbours. */
  async #confirmed(nodeId: string, gap: Span): Promise<CallGap[]> {
    const within = 'node_id = ? AND seq BETWEEN ? AND ?';
    const there = await this.#spansWhere(within, [nodeId, gap.first, gap.last], everywhere);
    const missing = missingBetween(gap, there);
    return Promise.all(missing.map((span) => this.#told(nodeId, span)));
  }

  async #told(nodeId: string, span: Span): Promise<CallGap> {
    const records = await this.rows.read({
      sql: 'SELECT seq, at FROM {call} WHERE node_id = ? AND (seq = ? OR seq = ?)',
      values: [nodeId, span.first - 1, span.last + 1],
      ...{ range: everywhere, order: 'oldest' },
    });
    const timeOf = (seq: number): number | null => {
      const record = records.find((one) => Number(one['seq']) === seq);
      return record === undefined ? null : Number(record['at']);
    };
    return { nodeId, ...span, after: timeOf(span.first - 1), before: timeOf(span.last + 1) };
  }

  /** The numbers of rows, those that follow each other together. */
  async #spansWhere(
    where: string,
    values: readonly (string | number)[],
    range: PositionRange,
  ): Promise<Span[]> {
    const records = await this.rows.read({
      sql: `SELECT min(seq) AS first, max(seq) AS last FROM (
          SELECT seq, seq - row_number() OVER (ORDER BY seq) AS span FROM {call} WHERE ${where}
        ) AS numbered GROUP BY span ORDER BY first LIMIT ?`,
      values: [...values, spansMax],
      ...{ range, order: 'oldest' },
    });
    return records.map(({ first, last }) => ({ first: Number(first), last: Number(last) }));
  }

  /** How far each node has come. */
  async #marks(): Promise<{ nodeId: string; lastSeq: number; lastPosition: number }[]> {
    const table = this.tables.name('call_node');
    const sql = `SELECT node_id, last_seq, last_position FROM ${table} ORDER BY node_id`;
    const records = await this.tables.query(sql, []);
    return records.map((record) => ({
      nodeId: record['node_id'] as string,
      lastSeq: Number(record['last_seq']),
      lastPosition: Number(record['last_position']),
    }));
  }

  /**
   * A run is over where the same node has begun another one. On PostgreSQL nodes come and go: there one that is connected goes on,
   * and another may have lost its connection only.
   */
  async #unclearEnds(from: number, to: number): Promise<UnclearEnd[]> {
    const buffered: CallLogMode = 'buffered';
    const runs = this.tables.name('call_run');
    const records = await this.tables.query(
      `SELECT run.run_id, run.node_id, run.started_at, min(later.after_seq) AS last_seq, min(later.started_at) AS over_at
        FROM ${runs} AS run
        LEFT JOIN ${runs} AS later ON later.node_id = run.node_id AND later.started_at > run.started_at
        WHERE run.mode = ? AND run.ended_at IS NULL AND run.started_at < ?
        GROUP BY run.run_id, run.node_id, run.started_at ORDER BY run.started_at`,
      [buffered, to],
    );
    const connected = await this.#connectedRuns();
    const ends: UnclearEnd[] = [];
    for (const record of records) {
      const nodeId = record['node_id'] as string;
      const mayStillRun = record['last_seq'] === null;
      if (mayStillRun && nodeId === this.ownNodeId) continue;
      if (connected.has(connectionNameOf(record['run_id'] as string))) continue;
      if (!mayStillRun && Number(record['over_at']) < from) continue;
      const lastSeq = mayStillRun ? Number.MAX_SAFE_INTEGER : Number(record['last_seq']);
      const lastCallAt = await this.#timeOf(nodeId, lastSeq);
      const startedAt = Number(record['started_at']);
      const at = lastCallAt ?? startedAt;
      // What is lost came after that, and where there is no later run, right after it.
      if (at < to && (!mayStillRun || at >= from))
        ends.push({ nodeId, startedAt, lastCallAt, mayStillRun });
    }
    return ends;
  }

  /** By the names of their connections. On SQLite there is one writer at a time, and nobody to ask. */
  async #connectedRuns(): Promise<ReadonlySet<string>> {
    if (this.tables.kind !== 'postgres') return new Set();
    const sql =
      'SELECT application_name AS name FROM pg_stat_activity WHERE datname = current_database()';
    const records = await this.tables.query(sql, []);
    return new Set(records.map(({ name }) => name as string));
  }

  async #timeOf(nodeId: string, seq: number): Promise<number | null> {
    const [record] = await this.rows.read({
      sql: 'SELECT at FROM {call} WHERE node_id = ? AND seq <= ? ORDER BY seq DESC LIMIT 1',
      values: [nodeId, seq],
      ...{ range: everywhere, order: 'newest', limit: 1 },
    });
    return record === undefined ? null : Number(record['at']);
  }
}
