import type { Database, Statement } from 'better-sqlite3';

/** The write transactions of a connection, one after the other. */
export class WriteTransaction {
  readonly #database: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
  }

  begin(): void {
    this.#begin.run();
  }

  commit(): void {
    this.#commit.run();
  }

  /** Undoes what is not committed, if anything. */
  rollback(): void {
    // A full disk or an I/O error has already rolled back.
    if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
  }

  /** All that the work does, or nothing. */
  run<T>(work: () => T): T {
    this.begin();
    try {
      const result = work();
      this.commit();
      return result;
    } finally {
      this.rollback();
    }
  }
}
