import SqliteDatabase, { type Database, type Statement } from 'better-sqlite3';
import { WriteTransaction } from '../write/write-transaction.js';
import { identityOf, indexPathOf } from './call-days-folder.js';
import { walBytesKept } from './day-file.js';
import { makeIndexFile, requireKnownIndex } from './day-schema.js';
import { callIndexes, type CallIndex } from './call-indexes.js';

const readMark = `SELECT last_seq FROM indexed WHERE node_id = ?`;
const writeMark = `INSERT INTO indexed (node_id, last_seq) VALUES (?, ?)
  ON CONFLICT (node_id) DO UPDATE SET last_seq = excluded.last_seq`;

/** Pages between checkpoints: 2 MB of log, since whoever waits for a row waits while they are synced. */
const pagesBetweenCheckpoints = 500;
/** Entries beyond which one statement for all of them is faster than one for each. */
const worthMany = 3;

/** Where the calls of one day are found by what is looked for, open to be written. It is made of the rows, and can be made again. */
export class DayIndex {
  readonly #path: string;
  readonly #identity: string | null;
  readonly #database: Database;
  readonly #transaction: WriteTransaction;
  readonly #readMark: Statement;
  readonly #writeMark: Statement;
  readonly #insertOne: Readonly<Record<CallIndex, Statement>>;
  readonly #insertMany: Readonly<Record<CallIndex, Statement>>;

  /**
   * Opens it, or makes one that holds nothing.
   *
   * @param dayPath of the rows
   * @throws the driver's error
   */
  constructor(dayPath: string, { timeoutMs }: { timeoutMs: number }) {
    const path = indexPathOf(dayPath);
    if (identityOf(path) === null) makeIndexFile(path);
    this.#path = path;
    const database = new SqliteDatabase(path, { fileMustExist: true, timeout: timeoutMs });
    this.#database = database;
    try {
      requireKnownIndex(database);
      database.pragma('journal_mode = WAL');
      // Also where a row has to survive the death of the machine: what is lost here is made of the rows again.
      database.pragma('synchronous = NORMAL');
      database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
      database.pragma(`journal_size_limit = ${walBytesKept}`);
      database.pragma('cache_size = -16000');
      this.#identity = identityOf(path);
      this.#transaction = new WriteTransaction(database);
      this.#readMark = database.prepare(readMark).pluck();
      this.#writeMark = database.prepare(writeMark);
      const inserts = (what: string) => {
        const into = (index: CallIndex) =>
          database.prepare(
            `INSERT OR IGNORE INTO by_${index} (${callIndexes[index]}, position) ${what}`,
          );
        return { account: into('account'), key: into('key'), ip: into('ip') };
      };
      this.#insertOne = inserts('VALUES (?, ?)');
      this.#insertMany = inserts('SELECT ?, value FROM json_each(?)');
    } catch (error) {
      database.close();
      throw error;
    }
  }

  /** Whether the file is still the one of that name. */
  get isThere(): boolean {
    return this.#identity === identityOf(this.#path);
  }

  begin(): void {
    this.#transaction.begin();
  }

  commit(): void {
    this.#transaction.commit();
  }

  /** Undoes what is not committed, if anything. */
  rollback(): void {
    this.#transaction.rollback();
  }

  /** Puts in where the rows with a value are. What is in it already stays as it is. */
  add(index: CallIndex, value: string, positions: readonly number[]): void {
    if (positions.length > worthMany) {
      this.#insertMany[index].run(value, JSON.stringify(positions));
      return;
    }
    for (const position of positions) this.#insertOne[index].run(value, position);
  }

  /** The rows of a node with a number up to this one can be found; 0 if none can. */
  markOf(nodeId: string): number {
    return (this.#readMark.get(nodeId) as number | undefined) ?? 0;
  }

  setMark(nodeId: string, seq: number): void {
    this.#writeMark.run(nodeId, seq);
  }

  /** Moves the write-ahead log into the file, unless a reader is in the way. What is not committed is undone. */
  close(): void {
    try {
      this.rollback();
      if (!this.isThere) return;
      this.#database.pragma('busy_timeout = 0');
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database.close();
    }
  }
}
