const [second, minute, hour] = [1_000, 60_000, 3_600_000];

/** Milliseconds to wait after each attempt that failed, the first one first: about a day in all. */
export const retryDelaysMs: readonly number[] = [
  ...[5 * second, 30 * second, 2 * minute, 10 * minute, 30 * minute],
  ...[hour, 2 * hour, 4 * hour, 8 * hour, 8 * hour],
];

/** Part of a delay by which it is longer at most: those that failed together are not all tried again together. */
const jitter = 0.2;

/**
 * How long to wait after an attempt that failed, or `null` when it was the last.
 *
 * @param attempts how many were made
 * @param chance from 0 to 1, another each time
 */
export function retryDelayMs(
  attempts: number,
  chance: number,
  delaysMs: readonly number[] = retryDelaysMs,
): number | null {
  const delay = delaysMs[attempts - 1];
  return delay === undefined ? null : Math.round(delay * (1 + jitter * chance));
}
