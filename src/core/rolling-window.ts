/** Calls that are told apart by their instant. Where a limit is larger, calls of one hundredth of the window are kept as one. */
const instantsMax = 100;

/** Calls that are kept as one, with the time of the latest of them. */
export type CountedCalls = readonly [at: number, calls: number];

/**
 * The calls of the last while, counted so that no window of that length ever holds more than are allowed.
 *
 * For a limit of up to a hundred this is exact: each call is kept with its millisecond. A list of all instants would be as
 * long as the limit is high, so beyond that calls within one hundredth of the window leave it together, with the latest of
 * them: a place may become free later by that much, and never too early.
 */
export class RollingWindow {
  #times: number[] = [];
  #calls: number[] = [];
  /** Before it lies what has left. */
  #first = 0;
  #sum = 0;

  /** @param kept what was counted before, in the order of time */
  constructor(kept: readonly CountedCalls[] = []) {
    for (const [at, calls] of kept) this.#push(at, calls);
  }

  /** How many calls the window that ends now holds. A call has left it exactly `windowMs` later. */
  countAt(now: number, windowMs: number): number {
    const goneUntil = now - windowMs;
    while (this.#first < this.#times.length && (this.#times[this.#first] as number) <= goneUntil) {
      this.#sum -= this.#calls[this.#first] as number;
      this.#first += 1;
    }
    const isEmpty = this.#first === this.#times.length;
    if (this.#first > (isEmpty ? 0 : instantsMax)) this.#compact();
    return this.#sum;
  }

  /** @param now one that is before the last call's counts as that: what was counted may not leave out of turn */
  add(now: number, limit: number, windowMs: number): void {
    const last = this.#times.length - 1;
    const at = last < this.#first ? now : Math.max(now, this.#times[last] as number);
    const grainMs = limit <= instantsMax ? 1 : Math.ceil(windowMs / instantsMax);
    const isOneMore =
      last >= this.#first &&
      Math.floor((this.#times[last] as number) / grainMs) === Math.floor(at / grainMs);
    if (!isOneMore) return this.#push(at, 1);
    this.#times[last] = at;
    (this.#calls[last] as number) += 1;
    this.#sum += 1;
  }

  /** When the oldest call was made; `null` without any. */
  get oldestAt(): number | null {
    return this.#times[this.#first] ?? null;
  }

  get latestAt(): number | null {
    return this.#first < this.#times.length ? (this.#times.at(-1) as number) : null;
  }

  /** What it holds, in the order of time. */
  kept(): CountedCalls[] {
    const kept: CountedCalls[] = [];
    for (let i = this.#first; i < this.#times.length; i += 1)
      kept.push([this.#times[i] as number, this.#calls[i] as number]);
    return kept;
  }

  #push(at: number, calls: number): void {
    this.#times.push(at);
    this.#calls.push(calls);
    this.#sum += calls;
  }

  #compact(): void {
    this.#times = this.#times.slice(this.#first);
    this.#calls = this.#calls.slice(this.#first);
    this.#first = 0;
  }
}

/**
 * When this many of the calls have left: the first of those that several windows of one length hold.
 *
 * @returns epoch milliseconds; now, if none has to leave
 */
export function leftAt(
  windows: readonly RollingWindow[],
  calls: number,
  now: number,
  windowMs: number,
): number {
  if (calls <= 0) return now;
  const kept = windows.flatMap((window) => window.kept()).sort(([a], [b]) => a - b);
  let left = 0;
  for (const [at, some] of kept) {
    left += some;
    if (left >= calls) return at + windowMs;
  }
  return now;
}
