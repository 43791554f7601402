import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import {
  callColumns,
  completionWidth,
  outcomeColumns,
  rowWidth,
  type Cell,
} from './call-columns.js';
import type { CallSink, NodeMark, PackedGroup, SinkSettings } from './call-sink.js';
import { summarize, type GroupSummary } from './group-summary.js';

/** Pages between checkpoints: 16 MB of log, so that an index page that many groups change is written back once. */
const pagesBetweenCheckpoints = 4000;
/** Bytes the write-ahead log is cut back to after a burst. */
const walBytesKept = 64 * 1024 * 1024;

const insertRow = `INSERT INTO call (${callColumns.map(({ name }) => `"${name}"`).join(', ')})
  VALUES (${callColumns.map(() => '?').join(', ')})`;

const completeRow = `UPDATE call SET ${outcomeColumns.map(({ name }) => `"${name}" = ?`).join(', ')}
  WHERE position = ? AND node_id = ?`;

// Positions are unique in this file, whatever the node was called that gave them out.
const readMark = `INSERT INTO call_node (node_id, last_seq, last_position, max_skew_ms) VALUES (?, 0, 0, 0)
  ON CONFLICT (node_id) DO UPDATE SET node_id = excluded.node_id
  RETURNING last_seq AS "lastSeq", (SELECT max(last_position) FROM call_node) AS "lastPosition"`;

const moveMark = `UPDATE call_node SET last_seq = max(last_seq, ?), last_position = max(last_position, ?),
  max_skew_ms = max(max_skew_ms, ?) WHERE node_id = ?`;

// The bare columns of a SET are the row's values from before, so "last" follows the later of the two.
const countUse = `INSERT INTO secret_usage
    (secret_id, key_id, account_id, calls, denied_calls, last_used_at, last_used_ip, last_used_user_agent)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (secret_id) DO UPDATE SET
    calls = calls + excluded.calls,
    denied_calls = denied_calls + excluded.denied_calls,
    last_used_at = max(last_used_at, excluded.last_used_at),
    last_used_ip = iif(excluded.last_used_at >= last_used_at, excluded.last_used_ip, last_used_ip),
    last_used_user_agent =
      iif(excluded.last_used_at >= last_used_at, excluded.last_used_user_agent, last_used_user_agent)`;

type StatementName =
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'insertRow'
  | 'completeRow'
  | 'readMark'
  | 'moveMark'
  | 'countUse';

/** Writes groups of calls to SQLite. Each call blocks its thread, which is why that thread is a worker. */
export class SqliteSink implements CallSink {
  readonly #path: string;
  readonly #settings: SinkSettings;
  #database: Database | null = null;
  #statements: Record<StatementName, Statement> | null = null;

  constructor(path: string, settings: SinkSettings) {
    this.#path = path;
    this.#settings = settings;
  }

  open(): NodeMark {
    this.#database?.close();
    this.#database = null;
    const { mode, timeoutMs, nodeId } = this.#settings;
    const database = new SqliteDatabase(this.#path, { fileMustExist: true, timeout: timeoutMs });
    this.#database = database;
    database.pragma('journal_mode = WAL');
    // In WAL mode NORMAL survives the death of the process, and FULL that of the machine.
    database.pragma(`synchronous = ${mode === 'durable' ? 'FULL' : 'NORMAL'}`);
    database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
    database.pragma(`journal_size_limit = ${walBytesKept}`);
    database.pragma('cache_size = -16000');
    const statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
      insertRow: database.prepare(insertRow),
      completeRow: database.prepare(completeRow),
      readMark: database.prepare(readMark),
      moveMark: database.prepare(moveMark),
      countUse: database.prepare(countUse),
    };
    this.#statements = statements;
    return this.#transaction(() => statements.readMark.get(nodeId) as NodeMark);
  }

  write(group: PackedGroup): number {
    return this.#transaction(() => {
      const leftOut = this.#insertRows(group);
      this.#completeRows(group.completions);
      if (group.cells.length > 0) this.#writeSummary(summarize(group.cells, leftOut));
      return leftOut.size;
    });
  }

  close(): void {
    const database = this.#database;
    this.#database = null;
    if (database === null) return;
    try {
      // A reader may be in the way: what cannot be moved now is moved by the next start.
      database.pragma('busy_timeout = 0');
      database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      database.close();
    }
  }

  #transaction<T>(work: () => T): T {
    const { begin, commit, rollback } = this.#prepared();
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // A full disk or an I/O error has already rolled back.
      if (this.#database?.inTransaction) rollback.run();
      throw error;
    }
  }

  #insertRows({ cells, salvage }: PackedGroup): Set<number> {
    const { insertRow } = this.#prepared();
    const leftOut = new Set<number>();
    for (let row = 0; row < cells.length; row += rowWidth) {
      try {
        // Spread, because the driver reads its arguments faster than an array.
        insertRow.run(...cells.slice(row, row + rowWidth));
      } catch (error) {
        if (!salvage || !isAboutTheRow(error)) throw error;
        leftOut.add(row);
      }
    }
    return leftOut;
  }

  #completeRows(completions: readonly Cell[]): void {
    const { completeRow } = this.#prepared();
    for (let at = 0; at < completions.length; at += completionWidth) {
      completeRow.run(completions.slice(at, at + completionWidth), this.#settings.nodeId);
    }
  }

  #writeSummary({ lastSeq, lastPosition, maxSkewMs, uses }: GroupSummary): void {
    const { moveMark, countUse } = this.#prepared();
    moveMark.run(lastSeq, lastPosition, maxSkewMs, this.#settings.nodeId);
    for (const use of uses) {
      const {
        secretId,
        keyId,
        accountId,
        calls,
        deniedCalls,
        lastUsedAt,
        lastUsedIp,
        lastUsedUserAgent,
      } = use;
      countUse.run(
        secretId,
        keyId,
        accountId,
        calls,
        deniedCalls,
        lastUsedAt,
        lastUsedIp,
        lastUsedUserAgent,
      );
    }
  }

  #prepared(): Record<StatementName, Statement> {
    if (this.#database === null || this.#statements === null)
      throw new Error('the call log is not open');
    return this.#statements;
  }
}

/** Whether a statement failed for its values, and would fail again: a constraint, a type or a size. */
function isAboutTheRow(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG)/.test(code);
}
