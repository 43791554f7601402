import type { CallIndex } from '../days/call-indexes.js';
import type { SqlValue } from '../../raw-query.js';

/** A row as the driver gives it, or what a statement made of rows. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** Newest first or oldest first: by position, then by node. */
export type CallOrder = 'newest' | 'oldest';

/** Positions, both included. */
export interface PositionRange {
  readonly lowest: number;
  readonly highest: number;
}

/** All positions that there can be. */
export const everywhere: PositionRange = { lowest: 0, highest: Number.MAX_SAFE_INTEGER };

/** A question after rows of the table `call`. */
export interface Reading {
  /**
   * In the SQL that both databases share, with `?` for each value and `{call}` for the table; with `{index}` for it where nothing but
   * the column of the index `by` and the position is read.
   */
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** Where there can be an answer. The statement says so itself as well. */
  readonly range: PositionRange;
  readonly order: CallOrder;
  /** The index by which the rows are found. What was committed a moment ago may not be in it yet (`CallLogTables.caughtUp`). */
  readonly by?: CallIndex | undefined;
  /** Records at most; all of them unless given. */
  readonly limit?: number;
}

/**
 * The rows of the log. They may lie in parts, each with the positions of a day: the statement is then asked of each part that
 * can have an answer, in order, until there are enough. So a statement that sums up gives a record for each part.
 */
export interface CallTable {
  /** The operator of this database that ignores the case of a to z. */
  readonly like: 'LIKE' | 'ILIKE';

  read(reading: Reading): Promise<LogRecord[]>;
}
