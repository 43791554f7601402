import type { Database, Statement } from 'better-sqlite3';
import type { NodeMark, SinkSettings } from './call-sink.js';
import type { GroupSummary } from './group-summary.js';
import { RotationPruning, type RotationUse } from '../usage/rotation-use.js';
import { rotationCounter, rotationPruner } from '../usage/sqlite-rotation-usage.js';
import { SqliteUsageCounter } from '../usage/sqlite-usage.js';

// Positions are unique in this log, whatever the node was called that gave them out.
const readMark = `INSERT INTO call_node (node_id, last_seq, last_position, max_skew_ms) VALUES (?, 0, 0, 0)
  ON CONFLICT (node_id) DO UPDATE SET node_id = excluded.node_id
  RETURNING last_seq AS "lastSeq", (SELECT max(last_position) FROM call_node) AS "lastPosition"`;

const moveMark = `UPDATE call_node SET last_seq = max(last_seq, ?), last_position = max(last_position, ?),
  max_skew_ms = max(max_skew_ms, ?) WHERE node_id = ?`;

// A run goes on where its database comes back.
const beginRun = `INSERT INTO call_run (run_id, node_id, mode, started_at, after_seq) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (run_id) DO NOTHING`;

const endRun = `UPDATE call_run SET ended_at = ? WHERE run_id = ?`;

const lastSeq = `SELECT last_seq FROM call_node WHERE node_id = ?`;

/** What the log's own file keeps beside the rows: how far each node has come, and counts. Within the transaction that is open. */
export class SqliteCounters {
  readonly #readMark: Statement<[string], NodeMark>;
  readonly #moveMark: Statement;
  readonly #lastSeq: Statement;
  readonly #beginRun: Statement;
  readonly #endRun: Statement;
  readonly #usage: SqliteUsageCounter;
  readonly #countRotation: (use: RotationUse) => void;
  readonly #pruneRotations: (before: number) => void;
  readonly #pruning = new RotationPruning();

  constructor(database: Database) {
    this.#readMark = database.prepare(readMark);
    this.#moveMark = database.prepare(moveMark);
    this.#lastSeq = database.prepare(lastSeq).pluck();
    this.#beginRun = database.prepare(beginRun);
    this.#endRun = database.prepare(endRun);
    this.#usage = new SqliteUsageCounter(database);
    this.#countRotation = rotationCounter(database);
    this.#pruneRotations = rotationPruner(database);
  }

  /** How far a node has come; it is written down if it is new, which proves that something can be written. */
  markOf(nodeId: string): NodeMark {
    return this.#readMark.get(nodeId) as NodeMark;
  }

  /** Writes down that a writer runs, unless that was done, and after which number of its node. */
  beginRun({ runId, nodeId, mode }: SinkSettings, afterSeq: number): void {
    this.#beginRun.run(runId, nodeId, mode, Date.now(), afterSeq);
  }

  endRun(runId: string): void {
    this.#endRun.run(Date.now(), runId);
  }

  /** The last number of a node that is counted; 0 if none is. */
  lastSeqOf(nodeId: string): number {
    return (this.#lastSeq.get(nodeId) as number | undefined) ?? 0;
  }

  /** Adds what rows of one node say. @param nodeId one that has a mark */
  add(nodeId: string, summary: GroupSummary): void {
    for (const _ of this.adding(nodeId, summary));
  }

  /** The same, a little with each step. */
  *adding(nodeId: string, summary: GroupSummary): Generator<void> {
    this.#moveMark.run(summary.lastSeq, summary.lastPosition, summary.maxSkewMs, nodeId);
    yield* this.#usage.counting(summary.usage);
    for (const use of summary.rotationUses) yield this.#countRotation(use);
    this.#prune(Date.now());
  }

  /** The numbers up to this one are given out, whether or not they have rows. */
  moveMark(nodeId: string, seq: number): void {
    this.#moveMark.run(seq, 0, 0, nodeId);
  }

  #prune(now: number): void {
    const before = this.#pruning.due(now);
    if (before !== null) this.#pruneRotations(before);
  }
}
