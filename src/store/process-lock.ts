import SqliteDatabase from 'better-sqlite3';
import { StartError } from '../core/start-error.js';

export interface ProcessLock {
  release(): void;
}

/**
 * Keeps a second process off a SQLite database, for as long as this one lives: an exclusive transaction on a file beside it.
 * The operating system ends it with the process, however that ends.
 *
 * @throws StartError if another process holds it
 */
export function lockDatabase(databasePath: string): ProcessLock {
  const handle = new SqliteDatabase(`${databasePath}.lock`, { timeout: 0 });
  try {
    handle.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    handle.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    throw new StartError(
      `Another Latchkey process is using ${databasePath}. Stop it first, or give this one a DATABASE_URL of its own.`,
    );
  }
  return { release: () => handle.close() };
}
