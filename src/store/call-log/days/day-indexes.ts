import { dayAt, type Day } from './call-day.js';
import { pathOfDay } from './call-days-folder.js';
import { DayIndex } from './day-index.js';
import { OpenByDay } from './open-by-day.js';

/** The indexes of a log's days, as its writer has them: open where they are in use. */
export class DayIndexes {
  readonly #folder: string;
  readonly #timeoutMs: number;
  readonly #open = new OpenByDay<DayIndex>();

  constructor(folder: string, { timeoutMs }: { timeoutMs: number }) {
    this.#folder = folder;
    this.#timeoutMs = timeoutMs;
  }

  /** The index of a day that has a file; made if need be. */
  indexFor(day: Day): DayIndex {
    const path = pathOfDay(this.#folder, day);
    return this.#open.of(day, () => new DayIndex(path, { timeoutMs: this.#timeoutMs }));
  }

  /** Closes those that nobody uses any longer. Not while a transaction is open in one. */
  tidy(): void {
    const today = dayAt(Date.now());
    for (const day of this.#open.days()) if (day < today - 1) this.#open.close(day);
  }

  /** Undoes what is not committed. */
  rollback(): void {
    for (const index of this.#open.files()) index.rollback();
  }

  close(): void {
    this.#open.closeAll();
  }
}
