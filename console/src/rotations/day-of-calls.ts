/** Calls of one interval. */
interface CallsOfInterval {
  /** Epoch milliseconds. */
  readonly from: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

/** How often a secret was used in the last 24 hours, by quarters of an hour. Times are epoch milliseconds. */
export interface DayOfCalls {
  readonly to: number;
  readonly intervalMs: number;
  readonly bars: readonly CallsOfInterval[];
}

const dayMs = 86_400_000;

/** The same in longer intervals. */
export function inIntervals(
  bars: readonly CallsOfInterval[],
  intervalMs: number,
): readonly CallsOfInterval[] {
  const sums = new Map<number, CallsOfInterval>();
  for (const { from, calls, deniedCalls } of bars) {
    const start = from - (from % intervalMs);
    const sum = sums.get(start) ?? { from: start, calls: 0, deniedCalls: 0 };
    sums.set(start, {
      from: start,
      calls: sum.calls + calls,
      deniedCalls: sum.deniedCalls + deniedCalls,
    });
  }
  return [...sums.values()];
}

/**
 * How many calls a time would have met, had it been in the last 24 hours. What lies over the edge of an interval counts for its part of it.
 *
 * @param startsAt,endsAt epoch milliseconds, less than a day apart
 */
export function callsAtThatTime(
  { to, intervalMs, bars }: DayOfCalls,
  startsAt: number,
  endsAt: number,
): number {
  const days = Math.floor((startsAt - to) / dayMs) + 1;
  const [from, until] = [startsAt - days * dayMs, endsAt - days * dayMs];
  const met = [
    { from, to: Math.min(until, to) },
    // What would reach beyond now was a day before that.
    { from: Math.max(from, to) - dayMs, to: until - dayMs },
  ];
  return bars.reduce((sum, bar) => {
    // The first and the last interval are not counted whole.
    const span = { from: Math.max(bar.from, to - dayMs), to: Math.min(bar.from + intervalMs, to) };
    const shared = met.reduce((ms, time) => ms + commonMs(span, time), 0);
    return span.to > span.from ? sum + (bar.calls * shared) / (span.to - span.from) : sum;
  }, 0);
}

interface Span {
  readonly from: number;
  readonly to: number;
}

function commonMs(one: Span, other: Span): number {
  return Math.max(0, Math.min(one.to, other.to) - Math.max(one.from, other.from));
}
