import { existsSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';
import { DataSource } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { migratorOptions, type DatabaseUrl } from './data-source-options.js';
import { migrateInTurn } from './migrate-in-turn.js';

/** Any number that nothing else locks; these are the letters of "latchmig". */
const migrationLock = '7809651199139735911';

/**
 * Brings the main database to the schema of this version. Each migration is one transaction, so a start that was killed
 * midway leaves nothing half-done for the next; on PostgreSQL, nodes that start together take turns.
 *
 * @throws StartError if the database cannot be opened or is damaged
 */
export async function migrateMainDatabase(databaseUrl: DatabaseUrl): Promise<void> {
  const dataSource = new DataSource(migratorOptions(databaseUrl));
  try {
    if (databaseUrl.kind === 'sqlite') refuseDamaged(databaseUrl.path);
    await dataSource.initialize();
    if (databaseUrl.kind === 'sqlite') await dataSource.runMigrations();
    else await migrateInTurn(dataSource, migrationLock);
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(whatToDo(databaseUrl, error), { cause: error });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

/** Looks through every page before anything is opened for writing, which could already be a change. */
function refuseDamaged(path: string): void {
  if (!existsSync(path)) return;
  const handle = new SqliteDatabase(path, { readonly: true });
  try {
    if (handle.pragma('quick_check(1)', { simple: true }) !== 'ok')
      throw new StartError(damaged(path));
  } finally {
    handle.close();
  }
}

function whatToDo(databaseUrl: DatabaseUrl, error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  // A failure to connect to several addresses has no message of its own.
  const why = message || code || 'no reason given';
  if (databaseUrl.kind === 'postgres')
    return `The database at DATABASE_URL cannot be used: ${why}.`;
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') return damaged(databaseUrl.path);
  return `The database ${databaseUrl.path} cannot be used: ${why}.`;
}

function damaged(path: string): string {
  return `${path} is damaged or is no SQLite database. Put a backup in its place; nothing was changed.`;
}
