/** What was taken away in one piece. */
export interface Removed {
  /** `null` where it belongs to no one account. */
  readonly accountId: string | null;
  /** What it was, in the plural. */
  readonly what: string;
  /** May be 0: then there was only something to look at. */
  readonly count: number;
}

/** One part of what retention looks after. */
export interface Pruner {
  /** As the log names it. */
  readonly name: string;
  /** Whether there is anything to take away, for which it only reads: where there is not, a run changes nothing at all. */
  isDue(now: number): Promise<boolean>;
  /**
   * Takes away what is past its time, in small pieces, each of which is whole in itself and told of. Between two of them
   * whoever reads lets others have a turn, or reads no further.
   *
   * @param now epoch milliseconds: what is past its time is judged by this one moment
   * @param signal aborted when nobody reads any further: a long look need not come to its end
   */
  prune(now: number, signal: AbortSignal): AsyncIterable<Removed>;
}

/** Repeats a removal for as long as it finds as much as it may take at once. */
export async function* inPieces(
  removed: Omit<Removed, 'count'>,
  limit: number,
  take: (limit: number) => Promise<number>,
): AsyncGenerator<Removed> {
  for (let count = limit; count >= limit;) {
    count = await take(limit);
    yield { ...removed, count };
  }
}
