import type { Call } from '../../../core/call.js';
import { callOf, selectedColumns } from '../call-columns.js';
import { conditionsOf, type CallFilter, type Condition } from './call-filter.js';
import type { CallLogTables } from './call-log-tables.js';
import { everywhere, type CallTable } from './call-table.js';
import {
  decodeTailPlace,
  encodeTailPlace,
  quietBefore,
  quietPositions,
  type NodePlace,
} from './tail-place.js';

/** Rows that are looked at in one go, whether or not they match. */
const windowMax = 250;

/** A call that is new, and the cursor from which to go on after it. */
export interface NewCallOnLog {
  readonly call: Call;
  readonly cursor: string;
}

/**
 * Follows the log: every call that matches, once, as it is committed.
 *
 * Positions are given out as calls arrive and committed as they are answered, so a place among them would pass over whoever took
 * longer. A node commits its rows in the order of their numbers, so the place is one number for each node.
 */
export class CallTail {
  readonly #tables: CallLogTables;
  readonly #rows: CallTable;
  readonly #conditions: readonly Condition[];
  readonly #seqs = new Map<string, number>();
  /** Where each node stood when its number was last read. */
  readonly #positions = new Map<string, number>();
  #quietBefore = 0;
  #nodes: readonly NodePlace[] = [];

  /**
   * @param rows of the same log
   * @throws InvalidFilterError
   */
  constructor(tables: CallLogTables, rows: CallTable, filter: CallFilter) {
    this.#tables = tables;
    this.#rows = rows;
    this.#conditions = conditionsOf(filter, { like: rows.like });
  }

  /** Begins after this cursor, or with what is committed from now on. @throws InvalidCursorError */
  async start(after: string | null): Promise<void> {
    const place = after === null ? null : decodeTailPlace(after);
    this.#nodes = await this.#readNodes();
    this.#quietBefore = place?.quietBefore ?? quietBefore(this.#nodes);
    const seqs = place?.seqs ?? this.#nodes.map(({ nodeId, seq }) => [nodeId, seq] as const);
    for (const [nodeId, seq] of seqs) this.#seqs.set(nodeId, seq);
    if (place === null)
      for (const { nodeId, position } of this.#nodes) this.#positions.set(nodeId, position);
  }

  /** From which to go on. */
  get cursor(): string {
    const active = this.#nodes.filter(({ position }) => position > this.#quietBefore);
    const seqs = active.flatMap(({ nodeId }) => {
      const seq = this.#seqs.get(nodeId);
      return seq === undefined ? [] : [[nodeId, seq] as const];
    });
    return encodeTailPlace({ quietBefore: this.#quietBefore, seqs: new Map(seqs) });
  }

  /** What is new of each node, a bounded piece at a time: one piece for each that has come further, and none at the end. */
  async *news(): AsyncGenerator<readonly NewCallOnLog[], void> {
    this.#nodes = await this.#readNodes();
    for (const node of this.#nodes) {
      const after = await this.#placeIn(node);
      if (node.seq <= after) continue;
      const upTo = Math.min(node.seq, after + windowMax);
      const calls = await this.#matching(node, after, upTo);
      const news = calls.map((call) => {
        this.#seqs.set(node.nodeId, call.seq);
        return { call, cursor: this.cursor };
      });
      this.#seqs.set(node.nodeId, upTo);
      if (upTo === node.seq) this.#positions.set(node.nodeId, node.position);
      yield news;
    }
    this.#forgetQuietNodes();
  }

  /** A node that was not known is new, or had been quiet for so long that all its old rows lie before. */
  async #placeIn({ nodeId, seq, position }: NodePlace): Promise<number> {
    const known = this.#seqs.get(nodeId);
    if (known !== undefined) return known;
    if (position <= this.#quietBefore) return seq;
    const records = await this.#rows.read({
      sql: 'SELECT min(seq) AS first FROM {call} WHERE node_id = ? AND position > ?',
      values: [nodeId, this.#quietBefore],
      range: { ...everywhere, lowest: this.#quietBefore + 1 },
      order: 'oldest',
    });
    const firsts = records.flatMap(({ first }) => (first === null ? [] : [Number(first)]));
    const place = firsts.length === 0 ? seq : Math.min(...firsts) - 1;
    this.#seqs.set(nodeId, place);
    return place;
  }

  /** Only once all is read: what is then before the mark has been shown. */
  #forgetQuietNodes(): void {
    if (this.#nodes.some(({ nodeId, seq }) => (this.#seqs.get(nodeId) ?? seq) < seq)) return;
    this.#quietBefore = Math.max(this.#quietBefore, quietBefore(this.#nodes));
  }

  async #matching({ nodeId }: NodePlace, after: number, upTo: number): Promise<Call[]> {
    // The inner limit keeps either database from looking for the filter's rows first, among all that there are.
    const piece =
      'SELECT * FROM {call} WHERE node_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?';
    const matches = this.#conditions.map(({ sql }) => sql).join(' AND ') || 'TRUE';
    const records = await this.#rows.read({
      sql: `SELECT ${selectedColumns} FROM (${piece}) AS piece WHERE ${matches}`,
      values: [
        ...[nodeId, after, upTo, windowMax],
        ...this.#conditions.flatMap(({ values }) => values),
      ],
      range: { ...everywhere, lowest: this.#lowestOf(nodeId) },
      order: 'oldest',
    });
    return records.map(callOf).sort((one, other) => one.seq - other.seq);
  }

  /** What is new of a node lies at most a day before the place where it stood, whatever its clock says. */
  #lowestOf(nodeId: string): number {
    const place = this.#positions.get(nodeId) ?? Infinity;
    return Math.min(this.#quietBefore, Math.max(0, place - quietPositions));
  }

  async #readNodes(): Promise<NodePlace[]> {
    const table = this.#tables.name('call_node');
    const sql = `SELECT node_id, last_seq, last_position FROM ${table} ORDER BY node_id`;
    const records = await this.#tables.query(sql, []);
    return records.map((record) => ({
      nodeId: record['node_id'] as string,
      seq: Number(record['last_seq']),
      position: Number(record['last_position']),
    }));
  }
}
