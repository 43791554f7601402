import { StartError } from '../../core/start-error.js';
import { makeFolderOf } from '../data-source-options.js';
import { migrateInTurn } from '../migrate-in-turn.js';
import { checkDays } from './days/check-days.js';
import { callLogMigrator } from './call-log-data-source.js';
import { callLogSchema } from './call-log-schema.js';
import { nameOfCallLog, parseCallLogUrl } from './call-log-url.js';
import { moveRowsToDays, type TellProgress } from './days/move-rows-to-days.js';

/** Any number that nothing else locks; these are the letters of "latchkey". */
const migrationLock = '7809651199139603833';

// TypeORM makes its table of migrations before the first of them could make the schema.
const makeSchema = `CREATE SCHEMA IF NOT EXISTS ${callLogSchema}`;

/**
 * Brings the call log to the schema of this version. Each migration is one transaction, so a start that was killed midway
 * leaves nothing half-done for the next; on PostgreSQL, nodes that start together take turns.
 *
 * @param url `sqlite:<path>` or `postgres://…`
 * @param tell of what takes long: a log of a version without days is moved into them
 * @throws StartError if the database cannot be opened or changed, or a day's file cannot be read
 */
export async function migrateCallLog(url: string, tell: TellProgress = () => {}): Promise<void> {
  const database = parseCallLogUrl(url);
  const dataSource = callLogMigrator(url);
  try {
    makeFolderOf(database);
    await dataSource.initialize();
    if (database.kind === 'sqlite') {
      await dataSource.runMigrations();
      await dataSource.destroy();
      checkDays(database.path);
      moveRowsToDays(database.path, tell);
    } else await migrateInTurn(dataSource, migrationLock, makeSchema);
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
    return `${name} is damaged or is no SQLite database. Put a backup in its place, or move it away: what it counted is counted again from the rows.`;
  return `${name} cannot be used: ${message || code || 'no reason given'}.`;
}
