import { dayAt, type Day } from './call-day.js';
import { daysIn, identityOf, pathOfDay } from './call-days-folder.js';
import type { CallLogMode } from '../write/call-sink.js';
import { DayFile } from './day-file.js';
import { makeDayFile } from './day-schema.js';
import { OpenByDay } from './open-by-day.js';

/** Files that are open at the same time; a group that is in more of them opens more. */
const openMax = 3;

/** The files of a log's days, as its writer has them: open where they are in use, and made where there is none. */
export class DayFiles {
  readonly #folder: string;
  readonly #settings: { readonly mode: CallLogMode; readonly timeoutMs: number };
  readonly #open = new OpenByDay<DayFile>();
  #today: Day = dayAt(Date.now());

  constructor(folder: string, settings: { mode: CallLogMode; timeoutMs: number }) {
    this.#folder = folder;
    this.#settings = settings;
  }

  /** The days that have a file, the earliest first. */
  days(): Day[] {
    return daysIn(this.#folder);
  }

  /** The file of a day, made if need be. */
  fileFor(day: Day): DayFile {
    const path = pathOfDay(this.#folder, day);
    if (identityOf(path) === null) makeDayFile(path);
    return this.#opened(day, path);
  }

  /** The file of a day if there is one. */
  fileOf(day: Day): DayFile | null {
    const path = pathOfDay(this.#folder, day);
    return identityOf(path) === null ? null : this.#opened(day, path);
  }

  /** Closes files that nobody uses any longer: their days are then plain files. Not while a transaction is open in one. */
  tidy(): void {
    const today = dayAt(Date.now());
    if (today === this.#today && this.#open.size <= openMax) return;
    this.#today = today;
    for (const day of this.#open.days())
      if (day < today - 1 || this.#open.size > openMax) this.#open.close(day);
  }

  /** Closes all of them. */
  close(): void {
    this.#open.closeAll();
  }

  #opened(day: Day, path: string): DayFile {
    return this.#open.of(day, () => new DayFile(path, this.#settings));
  }
}
