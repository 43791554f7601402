import type { DataSource } from 'typeorm';
import { StartError } from '../../core/start-error.js';
import { makeFolderOf } from '../data-source-options.js';
import { callLogMigrator } from './call-log-data-source.js';
import { callLogSchema } from './call-log-schema.js';
import { nameOfCallLog, parseCallLogUrl } from './call-log-url.js';

/** Any number that nothing else locks; these are the letters of "latchkey". */
const migrationLock = '7809651199139603833';

/**
 * Brings the call log to the schema of this version. Each migration is one transaction, so a start that was killed midway
 * leaves nothing half-done for the next; on PostgreSQL, nodes that start together take turns.
 *
 * @param url `sqlite:<path>` or `postgres://…`
 * @throws StartError if the database cannot be opened or changed
 */
export async function migrateCallLog(url: string): Promise<void> {
  const database = parseCallLogUrl(url);
  const dataSource = callLogMigrator(url);
  try {
    makeFolderOf(database);
    await dataSource.initialize();
    if (database.kind === 'sqlite') await dataSource.runMigrations();
    else await migrateAlone(dataSource);
  } catch (error) {
    throw error instanceof StartError
      ? error
      : new StartError(whatToDo(nameOfCallLog(database), error), { cause: error });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function whatToDo(name: string, error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
    return `${name} is damaged or is no SQLite database. Put a backup in its place, or move it away and a new log is begun.`;
  return `${name} cannot be used: ${message || code || 'no reason given'}.`;
}

async function migrateAlone(dataSource: DataSource): Promise<void> {
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    // TypeORM makes its table of migrations before the first of them could make the schema.
    await holder.query(`CREATE SCHEMA IF NOT EXISTS ${callLogSchema}`);
    await dataSource.runMigrations();
    await holder.query('SELECT pg_advisory_unlock($1)', [migrationLock]);
  } finally {
    await holder.release();
  }
}
