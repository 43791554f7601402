import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import type { SqlValue } from '../../raw-query.js';
import { positionsOf, type Day } from './call-day.js';
import { daysIn, identityOf, pathOfDay } from './call-days-folder.js';
import type { LogRecord, Reading } from '../read/call-table.js';

/** Files that are open at the same time. */
const openMax = 16;
/** KiB that each of them keeps in memory, where 16,000 are usual: the system keeps what is read often, once for everybody. */
const cacheKib = 1_000;
/** Of each of them. What is prepared anew for each reading is freed only when the collector comes, which knows nothing of its size. */
const statementsMax = 16;

/** Thrown for a reading that took too long; it carries the SQLSTATE with which PostgreSQL gives one up. */
export class ReadingTimeoutError extends Error {
  override readonly name = 'ReadingTimeoutError';
  readonly code = '57014';

  constructor() {
    super('The call log was read for too long, and that was given up.');
  }
}

interface OpenDay {
  readonly database: Database;
  readonly identity: string;
  /** By their text. */
  readonly statements: LRUCache<string, Statement>;
}

/** Reads the rows of a log on SQLite, from one day's file after the other. It blocks its thread. */
export class DayReader {
  readonly #folder: string;
  /** The least recently used first. */
  readonly #open = new Map<Day, OpenDay>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Days that come and go meanwhile are read or not.
   *
   * @param timeoutMs milliseconds after which no further day is begun
   * @throws ReadingTimeoutError, or the driver's error
   */
  read({ sql, values, range, order, limit = Infinity }: Reading, timeoutMs: number): LogRecord[] {
    const endsAt = performance.now() + timeoutMs;
    const statement = sql.replaceAll('{call}', 'call');
    const all = daysIn(this.#folder);
    this.#closeAllBut(new Set(all));
    const days = all.filter((day) => {
      const { lowest, highest } = positionsOf(day);
      return lowest <= range.highest && highest >= range.lowest;
    });
    if (order === 'newest') days.reverse();
    const records: LogRecord[] = [];
    for (const day of days) {
      if (performance.now() > endsAt) throw new ReadingTimeoutError();
      records.push(...this.#ask(day, statement, values));
      if (records.length >= limit) return records.slice(0, limit);
    }
    return records;
  }

  close(): void {
    this.#closeAllBut(new Set());
  }

  #ask(day: Day, sql: string, values: readonly SqlValue[]): LogRecord[] {
    const path = pathOfDay(this.#folder, day);
    try {
      const open = this.#opened(day, path);
      return open === null ? [] : (prepared(open, sql).all(...values) as LogRecord[]);
    } catch (error) {
      this.#close(day);
      // Retention was faster.
      if (identityOf(path) === null) return [];
      throw error;
    }
  }

  #opened(day: Day, path: string): OpenDay | null {
    const identity = identityOf(path);
    const known = this.#open.get(day);
    if (known !== undefined && known.identity !== identity) this.#close(day);
    if (identity === null) return null;
    const open = this.#open.get(day) ?? openDay(path, identity);
    this.#open.delete(day);
    this.#open.set(day, open);
    for (const oldest of this.#open.keys()) if (this.#open.size > openMax) this.#close(oldest);
    return open;
  }

  #closeAllBut(days: ReadonlySet<Day>): void {
    for (const day of [...this.#open.keys()]) if (!days.has(day)) this.#close(day);
  }

  #close(day: Day): void {
    this.#open.get(day)?.database.close();
    this.#open.delete(day);
  }
}

function openDay(path: string, identity: string): OpenDay {
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  database.pragma(`cache_size = -${cacheKib}`);
  return { database, identity, statements: new LRUCache({ max: statementsMax }) };
}

function prepared({ database, statements }: OpenDay, sql: string): Statement {
  const known = statements.get(sql) ?? database.prepare(sql);
  statements.set(sql, known);
  return known;
}
