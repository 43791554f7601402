/** How many names are remembered at most; beyond it the one goes that was tried longest ago. */
const namesMax = 100_000;

/**
 * Bounds how often something is tried: so many times at once, and from then on one time each `everyMs`. A name that is left alone for
 * a while may try as often again.
 */
export class AttemptLimit {
  /** When a name would have spent all of its attempts, had it made them one each `everyMs` (the generic cell rate algorithm). */
  readonly #spentUntil = new Map<string, number>();

  constructor(
    private readonly atOnceMax: number,
    private readonly everyMs: number,
  ) {}

  /**
   * Counts an attempt, if it may be made.
   *
   * @param now epoch milliseconds
   * @returns `null` if it may; else in how many milliseconds the next one may
   */
  take(name: string, now: number): number | null {
    const spentUntil = Math.max(this.#spentUntil.get(name) ?? 0, now);
    const waitMs = spentUntil - now - (this.atOnceMax - 1) * this.everyMs;
    if (waitMs > 0) return waitMs;
    this.#remember(name, spentUntil + this.everyMs);
    return null;
  }

  /** An attempt that turned out well counts for nothing. */
  giveBack(name: string): void {
    const spentUntil = this.#spentUntil.get(name);
    if (spentUntil !== undefined) this.#spentUntil.set(name, spentUntil - this.everyMs);
  }

  #remember(name: string, spentUntil: number): void {
    // The one that was tried last stands last, so the first has waited longest.
    this.#spentUntil.delete(name);
    this.#spentUntil.set(name, spentUntil);
    const [longestAgo] = this.#spentUntil.keys();
    if (this.#spentUntil.size > namesMax) this.#spentUntil.delete(longestAgo as string);
  }
}
