import type { Cell } from '../call-columns.js';

/** What is written some time after the rows that it is made of, and can be made of them again. */
export interface LaterWork {
  /** Whether so much was taken that it should not grow any more. */
  readonly isFull: boolean;
  /** Takes rows that were committed. @param leftOut first cells of those that were not */
  add(cells: readonly Cell[], leftOut: ReadonlySet<number>): void;
  /** Begins to write what was taken by now, a little with each step: the last commits it. */
  begin(): Iterator<void>;
  /** Writes all that is not written yet, from the rows. What was taken is forgotten. */
  catchUp(): void;
  /** Undoes what is not committed, and forgets what was taken. */
  abandon(): void;
}
