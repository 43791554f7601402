import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { LRUCache } from 'lru-cache';
import { positionsOf, type Day } from './call-day.js';
import { callColumns } from '../call-columns.js';
import { daysIn, identityOf, indexPathOf, pathOfDay } from './call-days-folder.js';
import { callIndexes, type CallIndex } from './call-indexes.js';
import { hasOwnIndexes } from './day-schema.js';
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
  /** Of the file with its indexes, which is attached; `null`: there was none. */
  readonly indexIdentity: string | null;
  /** Whether the rows have their indexes beside them. */
  readonly hasOwnIndexes: boolean;
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
  read(reading: Reading, timeoutMs: number): LogRecord[] {
    const { range, order, limit = Infinity } = reading;
    const endsAt = performance.now() + timeoutMs;
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
      records.push(...this.#ask(day, reading));
      if (records.length >= limit) return records.slice(0, limit);
    }
    return records;
  }

  close(): void {
    this.#closeAllBut(new Set());
  }

  #ask(day: Day, { sql, values, by }: Reading): LogRecord[] {
    const path = pathOfDay(this.#folder, day);
    try {
      const open = this.#opened(day, path);
      // Without an index none of its rows is in one yet.
      if (open === null || (by !== undefined && !open.hasOwnIndexes && open.indexIdentity === null))
        return [];
      return prepared(open, statementOf(sql, by, open)).all(...values) as LogRecord[];
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
    const indexIdentity = identityOf(indexPathOf(path));
    if (known?.identity !== identity || known?.indexIdentity !== indexIdentity) this.#close(day);
    if (identity === null) return null;
    const open = this.#open.get(day) ?? openDay(path, identity, indexIdentity);
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

function openDay(path: string, identity: string, indexIdentity: string | null): OpenDay {
  const database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
  try {
    if (indexIdentity !== null) database.prepare('ATTACH ? AS found').run(indexPathOf(path));
    for (const { name } of database.pragma('database_list') as { name: string }[])
      database.pragma(`${name}.cache_size = -${cacheKib}`);
    return {
      ...{ database, identity, indexIdentity, hasOwnIndexes: hasOwnIndexes(database) },
      statements: new LRUCache({ max: statementsMax }),
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The statement of a reading, as it is asked of one day. */
export function statementOf(
  sql: string,
  by: CallIndex | undefined,
  { hasOwnIndexes }: Pick<OpenDay, 'hasOwnIndexes'>,
): string {
  const isApart = by !== undefined && !hasOwnIndexes;
  return sql
    .replaceAll('{call}', isApart ? rowsFoundBy[by] : 'call')
    .replaceAll('{index}', isApart ? `found.by_${by}` : 'call');
}

/** The rows that an index finds, in its order. CROSS: SQLite then begins with the index, whatever else it could begin with. */
const rowsFoundBy = { account: rowsBy('account'), key: rowsBy('key'), ip: rowsBy('ip') };

function rowsBy(index: CallIndex): string {
  const column = callIndexes[index];
  const columns = callColumns.map(({ name }) =>
    name === column || name === 'position'
      ? `way.${name} AS ${name}`
      : `found_row."${name}" AS "${name}"`,
  );
  return `(SELECT ${columns.join(', ')} FROM found.by_${index} AS way CROSS JOIN call AS found_row ON found_row.position = way.position) AS call`;
}

function prepared({ database, statements }: OpenDay, sql: string): Statement {
  const known = statements.get(sql) ?? database.prepare(sql);
  statements.set(sql, known);
  return known;
}
