import { invalidParameter } from '../../platform/errors/api-error.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { LogWholeness } from '../../store/log-wholeness.js';

/** From when to when, in epoch milliseconds; the end is not included. */
export interface Period {
  /** Left out: from the beginning of the log. */
  readonly from?: number;
  readonly to: number;
}

/**
 * The time that a register is asked for. It ends at the latest as the register is begun: what comes in while it is made is in none.
 *
 * @param daysMs for which it goes back where no beginning is given; all the way unless given
 * @throws ApiError 400
 */
export function periodOf(
  query: { readonly from?: string; readonly to?: string },
  now: number,
  daysMs?: number,
): Period {
  const to = Math.min(query.to === undefined ? now : Date.parse(query.to), now);
  const from =
    query.from === undefined
      ? daysMs === undefined
        ? undefined
        : to - daysMs
      : Date.parse(query.from);
  if (from !== undefined && from > to)
    throw invalidParameter('from', 'from must not be after to, nor in the future.');
  return { to, ...(from !== undefined && { from }) };
}

/** What every register says of its time. */
export interface PeriodTold {
  readonly madeAt: string;
  readonly from: string | null;
  readonly to: string;
  readonly completeSince: string;
  readonly isComplete: boolean;
}

/** @param account of before it was opened there is nothing to be gone; `null`: all accounts */
export async function tellOf(
  { from, to }: Period,
  wholeness: LogWholeness,
  now: number,
  account: { readonly id: string; readonly createdAt: number } | null,
): Promise<PeriodTold> {
  const since = await wholeness.since(account?.id ?? null);
  return {
    madeAt: iso(now),
    from: isoOrNull(from ?? null),
    to: iso(to),
    completeSince: iso(since),
    isComplete: since <= Math.max(from ?? 0, account?.createdAt ?? 0),
  };
}
