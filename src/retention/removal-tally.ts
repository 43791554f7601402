import type { Removed } from './pruner.js';

/** Adds up what a part of retention takes away, and tells of it: now and then on the way, and of each account at its end. */
export class RemovalTally {
  #current: Omit<Removed, 'count'> | null = null;
  #removed = 0;
  /** When the piece before the first of these was done, and when the last of them was. */
  #since = performance.now();
  #lastAt = performance.now();
  #toldAt = performance.now();

  constructor(
    private readonly part: string,
    private readonly progressMs: number,
    private readonly tell: (line: object) => void,
  ) {}

  take({ accountId, what, count }: Removed): void {
    const isSame = this.#current?.accountId === accountId && this.#current.what === what;
    if (!isSame) {
      this.end();
      this.#current = { accountId, what };
      this.#since = this.#lastAt;
    }
    this.#lastAt = performance.now();
    this.#removed += count;
    if (performance.now() - this.#toldAt < this.progressMs) return;
    this.#toldAt = performance.now();
    this.tell({ msg: 'Retention is under way', ...this.#line() });
  }

  /** Nobody is told that there was nothing. */
  end(): void {
    if (this.#removed > 0) {
      const durationMs = Math.round(this.#lastAt - this.#since);
      this.tell({ msg: 'Retention took away what was past its time', ...this.#line(), durationMs });
    }
    this.#removed = 0;
  }

  #line(): object {
    return { part: this.part, ...this.#current, removed: this.#removed };
  }
}
