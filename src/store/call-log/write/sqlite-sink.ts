import type { Database } from 'better-sqlite3';
import { columnIndex, completionWidth, rowWidth, type Cell } from '../call-columns.js';
import { dayOfPosition, type Day } from '../days/call-day.js';
import { daysFolderOf } from '../days/call-days-folder.js';
import type { CallSink, NodeMark, PackedGroup, SinkSettings } from './call-sink.js';
import { countUncounted } from './count-uncounted.js';
import { Counting } from './counting.js';
import { pagesBetweenCheckpoints, type DayFile } from '../days/day-file.js';
import { DayFiles } from '../days/day-files.js';
import { DayIndexes } from '../days/day-indexes.js';
import { openWritten } from '../days/written-file.js';
import { Indexing } from './indexing.js';
import { Later } from './later.js';
import { SqliteCounters } from './sqlite-counters.js';
import { WriteTransaction } from './write-transaction.js';

const position = columnIndex('position');
const seq = columnIndex('seq');

/** The log's own file, open. */
interface OwnFile {
  readonly database: Database;
  readonly counters: SqliteCounters;
  readonly later: Later;
}

/** A file that a group is written to. */
interface Begun {
  readonly file: DayFile;
  rows: number;
}

/**
 * Writes groups of calls to SQLite: the rows into the files of their days, and some time later what they add to the counters into
 * the log's own file, and where they are found into the indexes of their days. What of that was not done when this ended is done
 * by `open`. Each call blocks its thread, which is why that thread is a worker.
 */
export class SqliteSink implements CallSink {
  readonly #path: string;
  readonly #settings: SinkSettings;
  #files: DayFiles;
  #indexes: DayIndexes;
  #own: OwnFile | null = null;

  constructor(path: string, settings: SinkSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#files = new DayFiles(daysFolderOf(path), settings);
    this.#indexes = new DayIndexes(daysFolderOf(path), settings);
  }

  open(): NodeMark {
    this.#letGo();
    const { nodeId } = this.#settings;
    const database = this.#openOwnFile();
    try {
      const transaction = new WriteTransaction(database);
      const counters = new SqliteCounters(database);
      const countRows = () => countUncounted(this.#files, counters);
      const mark = transaction.run(() => {
        countRows();
        const found = counters.markOf(nodeId);
        counters.beginRun(this.#settings, found.lastSeq);
        return found;
      });
      const indexing = new Indexing(nodeId, this.#files, this.#indexes);
      indexing.catchUp();
      const later = new Later([new Counting(nodeId, transaction, counters, countRows), indexing]);
      this.#own = { database, counters, later };
      return mark;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  write(group: PackedGroup): number {
    const own = this.#opened();
    own.later.recover();
    const leftOut = this.#writeRows(group);
    if (group.cells.length > 0) own.later.add(group.cells, leftOut);
    return leftOut.size;
  }

  caughtUp(): Promise<void> {
    return this.#opened().later.caughtUp();
  }

  close(ended: boolean): void {
    const own = this.#own;
    this.#own = null;
    if (own === null) return;
    try {
      try {
        own.later.finish();
      } finally {
        this.#closeDays();
      }
      if (ended) own.counters.endRun(this.#settings.runId);
      // A reader may be in the way: what cannot be moved now is moved by the next start.
      own.database.pragma('busy_timeout = 0');
      own.database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      own.database.close();
    }
  }

  #openOwnFile(): Database {
    const { timeoutMs } = this.#settings;
    // NORMAL also where a row has to survive the death of the machine: what is lost here is counted again from the rows.
    return openWritten(this.#path, { timeoutMs, synchronous: 'NORMAL', pagesBetweenCheckpoints });
  }

  /** @returns the first cells of the rows that were refused */
  #writeRows(group: PackedGroup): Set<number> {
    const begun = new Map<Day, Begun>();
    try {
      const leftOut = this.#insertRows(group, begun);
      this.#completeRows(group.completions, begun);
      // What can be done twice comes first: of what follows, all or nothing is to be found again.
      const files = [...begun.values()].sort((one, other) => one.rows - other.rows);
      const rows = files.reduce((sum, file) => sum + file.rows, 0);
      const inOneFile = files.filter((file) => file.rows > 0).length < 2;
      if (group.cells.length > 0 && (!inOneFile || leftOut.size > 0))
        this.#note(group.cells, rows, files);
      for (const { file } of files) file.commit();
      return leftOut;
    } finally {
      for (const { file } of begun.values()) file.rollback();
      this.#files.tidy();
    }
  }

  #insertRows({ cells, salvage }: PackedGroup, begun: Map<Day, Begun>): Set<number> {
    const leftOut = new Set<number>();
    for (let row = 0; row < cells.length; row += rowWidth) {
      const day = dayOfPosition(cells[row + position] as number);
      const place = begun.get(day) ?? begin(begun, day, this.#files.fileFor(day));
      try {
        place.file.insert(cells.slice(row, row + rowWidth));
        place.rows += 1;
      } catch (error) {
        if (!salvage || !isAboutTheRow(error)) throw error;
        leftOut.add(row);
      }
    }
    return leftOut;
  }

  /** The row of a day that was removed meanwhile is not completed any more. */
  #completeRows(completions: readonly Cell[], begun: Map<Day, Begun>): void {
    for (let at = 0; at < completions.length; at += completionWidth) {
      const cells = completions.slice(at, at + completionWidth);
      const day = dayOfPosition(cells[completionWidth - 1] as number);
      const known = begun.get(day)?.file ?? this.#files.fileOf(day);
      if (known === null) continue;
      if (!begun.has(day)) begin(begun, day, known);
      known.complete(cells, this.#settings.nodeId);
    }
  }

  /** Writes into each of a group's files what there is of it in all of them. */
  #note(cells: readonly Cell[], rows: number, files: readonly Begun[]): void {
    const firstSeq = cells[seq] as number;
    const lastSeq = cells[cells.length - rowWidth + seq] as number;
    for (const { file } of files)
      file.noteGroup({ nodeId: this.#settings.nodeId, firstSeq, lastSeq, rows });
  }

  #opened(): OwnFile {
    if (this.#own === null) throw new Error('the call log is not open');
    return this.#own;
  }

  /** Lets go of what is open, whatever state it is in. */
  #letGo(): void {
    const own = this.#own;
    this.#own = null;
    try {
      try {
        own?.later.stop();
      } finally {
        this.#closeDays();
      }
    } finally {
      own?.database.close();
      this.#files = new DayFiles(daysFolderOf(this.#path), this.#settings);
      this.#indexes = new DayIndexes(daysFolderOf(this.#path), this.#settings);
    }
  }

  #closeDays(): void {
    try {
      this.#indexes.close();
    } finally {
      this.#files.close();
    }
  }
}

function begin(begun: Map<Day, Begun>, day: Day, file: DayFile): Begun {
  file.begin();
  const place = { file, rows: 0 };
  begun.set(day, place);
  return place;
}

/** Whether a statement failed for its values, and would fail again: a constraint, a type or a size. */
function isAboutTheRow(error: unknown): boolean {
  if (error instanceof TypeError || error instanceof RangeError) return true;
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^SQLITE_(?:CONSTRAINT|MISMATCH|TOOBIG)/.test(code);
}
