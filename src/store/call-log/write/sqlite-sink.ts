import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { columnIndex, completionWidth, rowWidth, type Cell } from '../call-columns.js';
import { dayOfPosition, type Day } from '../days/call-day.js';
import { daysFolderOf } from '../days/call-days-folder.js';
import type { CallSink, NodeMark, PackedGroup, SinkSettings } from './call-sink.js';
import { countUncounted } from './count-uncounted.js';
import { pagesBetweenCheckpoints, walBytesKept, type DayFile } from '../days/day-file.js';
import { DayFiles } from '../days/day-files.js';
import { summarize } from './group-summary.js';
import { SqliteCounters } from './sqlite-counters.js';

const position = columnIndex('position');
const seq = columnIndex('seq');

/** A file that a group is written to. */
interface Begun {
  readonly file: DayFile;
  rows: number;
}

/**
 * Writes groups of calls to SQLite: the rows into the files of their days, and then what they add to the counters into the log's
 * own file. No commit is one for both, so rows come first, and what was not counted is counted by `open`. Each call blocks its
 * thread, which is why that thread is a worker.
 */
export class SqliteSink implements CallSink {
  readonly #path: string;
  readonly #settings: SinkSettings;
  #files: DayFiles;
  #database: Database | null = null;
  #counters: SqliteCounters | null = null;
  #statements: Record<'begin' | 'commit' | 'rollback', Statement> | null = null;

  constructor(path: string, settings: SinkSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#files = new DayFiles(daysFolderOf(path), settings);
  }

  open(): NodeMark {
    this.#letGo();
    const { timeoutMs, nodeId } = this.#settings;
    const database = new SqliteDatabase(this.#path, { fileMustExist: true, timeout: timeoutMs });
    this.#database = database;
    database.pragma('journal_mode = WAL');
    // Also where a row has to survive the death of the machine: what is lost here is counted again from the rows.
    database.pragma('synchronous = NORMAL');
    database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
    database.pragma(`journal_size_limit = ${walBytesKept}`);
    database.pragma('cache_size = -16000');
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      rollback: database.prepare('ROLLBACK'),
    };
    const counters = new SqliteCounters(database);
    this.#counters = counters;
    return this.#transaction(() => {
      countUncounted(this.#files, counters);
      const mark = counters.markOf(nodeId);
      counters.beginRun(this.#settings, mark.lastSeq);
      return mark;
    });
  }

  write(group: PackedGroup): number {
    const leftOut = this.#writeRows(group);
    const { cells } = group;
    if (cells.length > 0) {
      this.#transaction(() => {
        this.#counters?.add(this.#settings.nodeId, summarize(cells, leftOut));
        this.#counters?.prune(Date.now());
      });
    }
    return leftOut.size;
  }

  close(ended: boolean): void {
    const database = this.#database;
    this.#database = null;
    if (database === null) return;
    try {
      this.#files.close();
      if (ended) this.#counters?.endRun(this.#settings.runId);
      // A reader may be in the way: what cannot be moved now is moved by the next start.
      database.pragma('busy_timeout = 0');
      database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      database.close();
    }
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
      const place = begun.get(day) ?? begin(begun, day, this.#prepared().fileFor(day));
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
      const known = begun.get(day)?.file ?? this.#prepared().fileOf(day);
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

  #transaction<T>(work: () => T): T {
    if (this.#statements === null) throw new Error('the call log is not open');
    const { begin, commit, rollback } = this.#statements;
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      // A full disk or an I/O error has already rolled back.
      if (this.#database?.inTransaction) rollback.run();
      throw error;
    }
  }

  #prepared(): DayFiles {
    if (this.#database === null) throw new Error('the call log is not open');
    return this.#files;
  }

  /** Lets go of what is open, whatever state it is in. */
  #letGo(): void {
    const files = this.#files;
    this.#files = new DayFiles(daysFolderOf(this.#path), this.#settings);
    try {
      files.close();
    } finally {
      this.#database?.close();
      this.#database = null;
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
