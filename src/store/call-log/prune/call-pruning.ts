import { dayAt, positionsOf, type Day } from '../days/call-day.js';
import { positionsPerMs } from '../call-columns.js';
import { hourMs } from '../usage/usage.js';

/** Takes old things out of the log, in pieces for which nobody waits long. Times are epoch milliseconds. */
export interface CallPruning {
  /** Removes whole days that lie wholly before. @returns how many */
  dropDays(beforeMs: number): Promise<number>;
  /**
   * Removes calls of an account, or of none, whose position is before, the oldest first.
   * @returns how many, `limit` at most; fewer means that there are no more
   */
  deleteCalls(accountId: string | null, beforeMs: number, limit: number): Promise<number>;
  /** The same for the hours of these keys that lie wholly before. */
  deleteHours(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number>;
  /** The same for callers, routes and scopes of these keys that were last seen before. */
  deleteUses(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number>;
  close(): void | Promise<void>;
}

/** The first position that is kept, at most: today and yesterday are written to, whatever the retention is. */
export function firstKeptPosition(beforeMs: number, nowMs: number): number {
  const { lowest } = positionsOf(dayAt(nowMs) - 1);
  return Math.min(firstPositionAt(beforeMs), lowest);
}

/** Whether a day lies wholly before, and is not written to any more. */
export function isDroppable(day: Day, beforeMs: number, nowMs: number): boolean {
  return positionsOf(day).highest < firstKeptPosition(beforeMs, nowMs);
}

/** The first position of a millisecond. */
export function firstPositionAt(ms: number): number {
  return Math.max(0, Math.floor(ms)) * positionsPerMs;
}

/** The first millisecond of the last hour that lies wholly before. */
export function lastHourBefore(beforeMs: number): number {
  return Math.floor(beforeMs / hourMs) * hourMs - hourMs;
}
