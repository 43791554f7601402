import type { DatabaseUrl } from '../../data-source-options.js';
import type { Cell } from '../call-columns.js';

/** How safe a row is when `write` resolves (contract §1, CALL_LOG_MODE). */
export type CallLogMode = 'durable' | 'committed' | 'buffered';

/** How far one node had come in the log. */
export interface NodeMark {
  /** Of the last row that was committed; 0 before the first. */
  readonly lastSeq: number;
  /** The highest that was committed; 0 before the first. */
  readonly lastPosition: number;
}

/** What one transaction writes. */
export interface PackedGroup {
  /** Rows as `packCall` lays them out, one after the other, in the order of their `seq`. */
  readonly cells: readonly Cell[];
  /** As `packCompletion` lays them out. */
  readonly completions: readonly Cell[];
  /** The group failed before: leave out rows the database refuses for what is in them, so that one cannot hold up the rest. */
  readonly salvage: boolean;
}

/** Where groups of calls go: one connection to one database, used by one request at a time. */
export interface CallSink {
  /**
   * Opens the connection, or replaces the one there is, and proves with a write that it can be written to.
   * @throws the driver's error
   */
  open(): NodeMark | Promise<NodeMark>;
  /**
   * Commits a group, all of it or nothing.
   * @returns how many rows were left out, 0 unless salvaging
   * @throws the driver's error; the group may then have been committed all the same, which only `open` can tell
   */
  write(group: PackedGroup): number | Promise<number>;
  /** Resolves once what is written by now is counted and can be found, where that can be done. Groups may be written meanwhile. */
  caughtUp(): Promise<void>;
  /** @param ended whether the run comes to its end with nothing left to write, which is written down */
  close(ended: boolean): void | Promise<void>;
}

export interface SinkSettings {
  readonly database: DatabaseUrl;
  readonly mode: CallLogMode;
  readonly nodeId: string;
  /** Of the writer that this sink is for, from its start to its end. */
  readonly runId: string;
  /** Milliseconds to wait for a lock, a connection or an answer. */
  readonly timeoutMs: number;
}

export type SinkRequest =
  | { readonly type: 'open' }
  | { readonly type: 'write'; readonly group: PackedGroup }
  | { readonly type: 'catch up' }
  | { readonly type: 'close'; readonly ended: boolean };
