import SqliteDatabase, { type Database } from 'better-sqlite3';
import { WriteTransaction } from '../write/write-transaction.js';
import { identityOf } from './call-days-folder.js';

/** Bytes the write-ahead log is cut back to after a burst. */
const walBytesKept = 64 * 1024 * 1024;

export interface Writing {
  /** Milliseconds to wait for a lock. */
  readonly timeoutMs: number;
  /** In WAL mode NORMAL survives the death of the process, and FULL that of the machine. */
  readonly synchronous: 'NORMAL' | 'FULL';
  /** Pages that are written between two checkpoints. */
  readonly pagesBetweenCheckpoints: number;
}

/** Opens a file of the log to be written. @param check throws where it is not to be used. @throws the driver's error */
export function openWritten(
  path: string,
  { timeoutMs, synchronous, pagesBetweenCheckpoints }: Writing,
  check: (database: Database) => void = () => {},
): Database {
  const database = new SqliteDatabase(path, { fileMustExist: true, timeout: timeoutMs });
  try {
    check(database);
    database.pragma('journal_mode = WAL');
    database.pragma(`synchronous = ${synchronous}`);
    database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
    database.pragma(`journal_size_limit = ${walBytesKept}`);
    database.pragma('cache_size = -16000');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file of one day, open to be written, for as long as it is the one of that name. */
export abstract class WrittenFile {
  protected readonly database: Database;
  readonly #path: string;
  readonly #identity: string | null;
  readonly #transaction: WriteTransaction;

  constructor(path: string, writing: Writing, check: (database: Database) => void) {
    this.#path = path;
    this.database = openWritten(path, writing, check);
    this.#identity = identityOf(path);
    this.#transaction = this.prepared(() => new WriteTransaction(this.database));
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

  /** Moves the write-ahead log into the file, so that the file is all there is to it. What is not committed is undone. */
  close(): void {
    try {
      this.rollback();
      // What retention has removed is not worth it, and may be cut off already.
      if (!this.isThere) return;
      // A reader may be in the way: what cannot be moved now is moved by who opens it next.
      this.database.pragma('busy_timeout = 0');
      this.database.pragma('wal_checkpoint(TRUNCATE)');
    } finally {
      this.database.close();
    }
  }

  /** What is prepared as it is opened; the file is closed where that cannot be done. */
  protected prepared<T>(prepare: () => T): T {
    try {
      return prepare();
    } catch (error) {
      this.database.close();
      throw error;
    }
  }

  /** All that the work does, or nothing. */
  protected atOnce<T>(work: () => T): T {
    return this.#transaction.run(work);
  }
}
