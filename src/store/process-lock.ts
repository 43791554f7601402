import { existsSync, realpathSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { StartError } from '../core/start-error.js';

export interface ProcessLock {
  release(): void;
}

/**
 * Keeps a second process off a SQLite database, for as long as this one lives: an exclusive transaction on a file beside it.
 * The operating system ends it with the process, however that ends.
 *
 * @throws StartError if another process holds it, or if no file can be made there
 */
export function lockDatabase(databasePath: string): ProcessLock {
  // One file may have several names; its lock has one.
  const realPath = existsSync(databasePath) ? realpathSync(databasePath) : databasePath;
  const lockPath = `${realPath}.lock`;
  let handle: SqliteDatabase.Database | undefined;
  try {
    handle = new SqliteDatabase(lockPath, { timeout: 0 });
    handle.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    handle?.close();
    throw new StartError(whyNot(databasePath, lockPath, error), { cause: error });
  }
  const held = handle;
  return { release: () => held.close() };
}

function whyNot(databasePath: string, lockPath: string, error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'SQLITE_BUSY')
    return `Another Latchkey process is using ${databasePath}. Stop it first, or give this one a DATABASE_URL of its own.`;
  return `${lockPath} cannot be written (${message ?? code}). Let this user write in its folder, or keep the database elsewhere: DATABASE_URL and CALL_LOG_URL say where.`;
}
