import type { Statement } from 'better-sqlite3';
import { callColumns, outcomeColumns, type Cell } from '../call-columns.js';
import type { CallLogMode } from '../write/call-sink.js';
import { hasOwnIndexes, requireKnownDay } from './day-schema.js';
import { WrittenFile } from './written-file.js';

/** Pages between checkpoints: 16 MB of log, so that a page that is changed many times is written back once. */
export const pagesBetweenCheckpoints = 4000;

const insertRow = `INSERT INTO call (${callColumns.map(({ name }) => `"${name}"`).join(', ')})
  VALUES (${callColumns.map(() => '?').join(', ')})`;

const completeRow = `UPDATE call SET ${outcomeColumns.map(({ name }) => `"${name}" = ?`).join(', ')}
  WHERE position = ? AND node_id = ?`;

const noteGroup = `INSERT INTO call_group (node_id, first_seq, last_seq, rows) VALUES (?, ?, ?, ?)
  ON CONFLICT (node_id) DO UPDATE SET
    first_seq = excluded.first_seq, last_seq = excluded.last_seq, rows = excluded.rows`;

// From one node to the next by the index, however many rows each has.
const lastSeqs = `WITH RECURSIVE node (id) AS (
    SELECT min(node_id) FROM call
    UNION ALL SELECT (SELECT min(node_id) FROM call WHERE node_id > node.id) FROM node WHERE node.id IS NOT NULL
  )
  SELECT node.id AS "nodeId", (SELECT max(seq) FROM call WHERE node_id = node.id) AS "lastSeq"
  FROM node WHERE node.id IS NOT NULL`;

const groups = `SELECT node_id AS "nodeId", first_seq AS "firstSeq", last_seq AS "lastSeq", rows FROM call_group`;

const countRows = `SELECT count(*) FROM call WHERE node_id = ? AND seq BETWEEN ? AND ?`;
const removeRows = `DELETE FROM call WHERE node_id = ? AND seq BETWEEN ? AND ?`;
const removeGroup = `DELETE FROM call_group WHERE node_id = ?`;

const rowsAfter = `SELECT ${callColumns.map(({ name }) => `"${name}"`).join(', ')} FROM call
  WHERE node_id = ? AND seq > ? ORDER BY seq`;

/** A group that one file alone cannot tell to be whole. */
export interface NotedGroup {
  readonly nodeId: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** In all files together. */
  readonly rows: number;
}

/** The file with the rows of one day, open to be written. */
export class DayFile extends WrittenFile {
  /** Whether the rows have their indexes beside them. */
  readonly hasOwnIndexes: boolean;
  readonly #insertRow: Statement;
  readonly #completeRow: Statement;

  /** @throws the driver's error if it is not there or is damaged */
  constructor(path: string, { mode, timeoutMs }: { mode: CallLogMode; timeoutMs: number }) {
    const synchronous = mode === 'durable' ? 'FULL' : 'NORMAL';
    super(path, { timeoutMs, synchronous, pagesBetweenCheckpoints }, requireKnownDay);
    const { database } = this;
    [this.hasOwnIndexes, this.#insertRow, this.#completeRow] = this.prepared(
      () =>
        [
          hasOwnIndexes(database),
          database.prepare(insertRow),
          database.prepare(completeRow),
        ] as const,
    );
  }

  /** @param cells of one row */
  insert(cells: readonly Cell[]): void {
    // Spread, because the driver reads its arguments faster than an array.
    this.#insertRow.run(...cells);
  }

  /** @param cells of one completion */
  complete(cells: readonly Cell[], nodeId: string): void {
    this.#completeRow.run(cells, nodeId);
  }

  noteGroup({ nodeId, firstSeq, lastSeq, rows }: NotedGroup): void {
    this.database.prepare(noteGroup).run(nodeId, firstSeq, lastSeq, rows);
  }

  /** Of each node that has rows here. */
  lastSeqs(): { readonly nodeId: string; readonly lastSeq: number }[] {
    return this.database.prepare<[], { nodeId: string; lastSeq: number }>(lastSeqs).all();
  }

  groups(): NotedGroup[] {
    return this.database.prepare<[], NotedGroup>(groups).all();
  }

  countRowsOf({ nodeId, firstSeq, lastSeq }: NotedGroup): number {
    return this.database.prepare(countRows).pluck().get(nodeId, firstSeq, lastSeq) as number;
  }

  /** Takes out what there is here of a group. */
  remove({ nodeId, firstSeq, lastSeq }: NotedGroup): void {
    this.atOnce(() => {
      this.database.prepare(removeRows).run(nodeId, firstSeq, lastSeq);
      this.database.prepare(removeGroup).run(nodeId);
    });
  }

  /** The cells of each row of a node beyond a number, in order. */
  rowsAfter(nodeId: string, seq: number): IterableIterator<Cell[]> {
    return this.database.prepare<[string, number], Cell[]>(rowsAfter).raw().iterate(nodeId, seq);
  }
}
