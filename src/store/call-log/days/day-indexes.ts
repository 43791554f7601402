import { dayAt, type Day } from './call-day.js';
import { pathOfDay } from './call-days-folder.js';
import { DayIndex } from './day-index.js';

/** The indexes of a log's days, as its writer has them: open where they are in use. */
export class DayIndexes {
  readonly #folder: string;
  readonly #timeoutMs: number;
  readonly #open = new Map<Day, DayIndex>();

  constructor(folder: string, { timeoutMs }: { timeoutMs: number }) {
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
  }

  /** The index of a day that has a file; made if need be. */
  indexFor(day: Day): DayIndex {
    const known = this.#open.get(day);
    if (known?.isThere === true) return known;
    this.#close(day);
    const index = new DayIndex(pathOfDay(this.#folder, day), { timeoutMs: this.#timeoutMs });
    this.#open.set(day, index);
    return index;
  }

  /** Closes those that nobody uses any longer. Not while a transaction is open in one. */
  tidy(): void {
    const today = dayAt(Date.now());
    for (const day of [...this.#open.keys()]) if (day < today - 1) this.#close(day);
  }

  /** Undoes what is not committed. */
  rollback(): void {
    for (const index of this.#open.values()) index.rollback();
  }

  close(): void {
    let failure: unknown;
    for (const day of [...this.#open.keys()]) {
      try {
        this.#close(day);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  #close(day: Day): void {
    const index = this.#open.get(day);
    this.#open.delete(day);
    index?.close();
  }
}
