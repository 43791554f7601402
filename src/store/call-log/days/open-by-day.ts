import type { Day } from './call-day.js';

interface Openable {
  /** Whether the file is still the one of its name. */
  readonly isThere: boolean;
  close(): void;
}

/** Files that are open, one for a day. */
export class OpenByDay<File extends Openable> {
  readonly #files = new Map<Day, File>();

  get size(): number {
    return this.#files.size;
  }

  /** The least recently used first. */
  days(): Day[] {
    return [...this.#files.keys()];
  }

  files(): IterableIterator<File> {
    return this.#files.values();
  }

  /** The file of a day. @param open opens it where that is not done */
  of(day: Day, open: () => File): File {
    // Retention removes files, and a clock that was set back has them made anew.
    if (this.#files.get(day)?.isThere === false) this.close(day);
    const file = this.#files.get(day) ?? open();
    this.#files.delete(day);
    this.#files.set(day, file);
    return file;
  }

  close(day: Day): void {
    const file = this.#files.get(day);
    this.#files.delete(day);
    file?.close();
  }

  /** Closes all of them, whatever becomes of one. @throws what the first of them threw */
  closeAll(): void {
    let failure: unknown;
    for (const day of this.days()) {
      try {
        this.close(day);
      } catch (error) {
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
  }
}
