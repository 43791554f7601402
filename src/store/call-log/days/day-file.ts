import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { callColumns, outcomeColumns, type Cell } from '../call-columns.js';
import { identityOf } from './call-days-folder.js';
import type { CallLogMode } from '../write/call-sink.js';
import { WriteTransaction } from '../write/write-transaction.js';
import { hasOwnIndexes, requireKnownDay } from './day-schema.js';

/** Pages between checkpoints: 16 MB of log, so that a page that is changed many times is written back once. */
export const pagesBetweenCheckpoints = 4000;
/** Bytes the write-ahead log is cut back to after a burst. */
export const walBytesKept = 64 * 1024 * 1024;

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
export class DayFile {
  /** Whether the rows have their indexes beside them. */
  readonly hasOwnIndexes: boolean;
  readonly #path: string;
  readonly #identity: string | null;
  readonly #database: Database;
  readonly #transaction: WriteTransaction;
  readonly #insertRow: Statement;
  readonly #completeRow: Statement;

  /** @throws the driver's error if it is not there or is damaged */
  constructor(path: string, { mode, timeoutMs }: { mode: CallLogMode; timeoutMs: number }) {
    this.#path = path;
    const database = new SqliteDatabase(path, { fileMustExist: true, timeout: timeoutMs });
    this.#database = database;
    try {
      requireKnownDay(database);
      this.hasOwnIndexes = hasOwnIndexes(database);
      database.pragma('journal_mode = WAL');
      // In WAL mode NORMAL survives the death of the process, and FULL that of the machine.
      database.pragma(`synchronous = ${mode === 'durable' ? 'FULL' : 'NORMAL'}`);
      database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
      database.pragma(`journal_size_limit = ${walBytesKept}`);
      database.pragma('cache_size = -16000');
      this.#identity = identityOf(path);
      this.#transaction = new WriteTransaction(database);
      this.#insertRow = database.prepare(insertRow);
      this.#completeRow = database.prepare(completeRow);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether the file is still the one of that name. */
  get isThere(): boolean {
    return this.#identity === identityOf(this.#path);
  }

  begin(): void {
    this.#transaction.begin();
  }

  commit(): void {
    this.#transaction.commit();
  }

  /** Undoes what is not committed, if anything. */
  rollback(): void {
    this.#transaction.rollback();
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
    this.#database.prepare(noteGroup).run(nodeId, firstSeq, lastSeq, rows);
  }

  /** Of each node that has rows here. */
  lastSeqs(): { readonly nodeId: string; readonly lastSeq: number }[] {
    return this.#database.prepare<[], { nodeId: string; lastSeq: number }>(lastSeqs).all();
  }

  groups(): NotedGroup[] {
    return this.#database.prepare<[], NotedGroup>(groups).all();
  }

  countRowsOf({ nodeId, firstSeq, lastSeq }: NotedGroup): number {
    return this.#database.prepare(countRows).pluck().get(nodeId, firstSeq, lastSeq) as number;
  }

  /** Takes out what there is here of a group. */
  remove({ nodeId, firstSeq, lastSeq }: NotedGroup): void {
    this.#transaction.run(() => {
      this.#database.prepare(removeRows).run(nodeId, firstSeq, lastSeq);
      this.#database.prepare(removeGroup).run(nodeId);
    });
  }

  /** The cells of each row of a node beyond a number, in order. */
  rowsAfter(nodeId: string, seq: number): IterableIterator<Cell[]> {
    return this.#database.prepare<[string, number], Cell[]>(rowsAfter).raw().iterate(nodeId, seq);
  }

  /** Moves the write-ahead log into the file, so that the file is all there is to the day. */
  close(): void {
    try {
      // What retention has removed is not worth it, and may be cut off already.
      if (!this.isThere) return;
      // A reader may be in the way: what cannot be moved now is moved by who opens it next.
      this.#database.pragma('busy_timeout = 0');
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }
}
