import type { DatedCallLog, PrunableCallLog } from './call-log-retention.js';

/** What retention is given by whoever starts it, and by tests. Milliseconds. */
export interface RetentionSurroundings {
  /** Between the end of one run and the next. */
  readonly everyMs: number;
  /** After a piece, so that nobody has to wait for more than one. */
  readonly pauseMs: number;
  /** How often the log tells how far a run is. */
  readonly progressMs: number;
  /** From which calls and counters are taken; `null`: the installation's own log. */
  readonly callLog: (PrunableCallLog & DatedCallLog) | null;
}

export const RETENTION_SURROUNDINGS = Symbol('RetentionSurroundings');

export const usualSurroundings: RetentionSurroundings = {
  everyMs: 60 * 60 * 1000,
  pauseMs: 20,
  progressMs: 10_000,
  callLog: null,
};
