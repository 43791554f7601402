import { DataSource, type DataSourceOptions } from 'typeorm';
import { StartError } from '../../core/start-error.js';
import { callLogSchema } from '../call-log/call-log-schema.js';
import { parseCallLogUrl } from '../call-log/call-log-url.js';
import { impatience, type DatabaseUrl } from '../data-source-options.js';
import { migrateInTurn } from '../migrate-in-turn.js';
import { JunkCounts1795800000000 } from '../migrations/junk-counts/1795800000000-junk-counts.js';

/** Any number that nothing else locks; these are the letters of "latchjnk". */
const migrationLock = '7809651199139540587';

/**
 * Opens the storage of the junk counts, brought up to date: on SQLite a file of its own beside the call log's, so that no
 * flood waits for the log or is waited for; on PostgreSQL a table beside the log with connections of its own.
 *
 * @param callLogUrl `sqlite:<path>` or `postgres://…`; of the call log, which is migrated and locked already
 * @throws StartError if it cannot be opened
 */
export async function openJunkCounts(callLogUrl: string): Promise<DataSource> {
  const database = parseCallLogUrl(callLogUrl);
  // A node that waits for its turn may hear nothing for long.
  const migrator = new DataSource(optionsOf(database, {}));
  try {
    await migrator.initialize();
    if (database.kind === 'sqlite') await migrator.runMigrations();
    else await migrateInTurn(migrator, migrationLock);
    return await new DataSource(optionsOf(database, impatience)).initialize();
  } catch (error) {
    throw new StartError(whatToDo(database, error), { cause: error });
  } finally {
    if (migrator.isInitialized) await migrator.destroy();
  }
}

function optionsOf(database: DatabaseUrl, patience: Partial<typeof impatience>): DataSourceOptions {
  const both = {
    entities: [],
    migrations: [JunkCounts1795800000000],
    migrationsTableName: 'junk_count_migrations',
    migrationsTransactionMode: 'each' as const,
    synchronize: false,
    // TypeORM's logger prints the parameters of a failed query.
    logging: false,
  };
  return database.kind === 'sqlite'
    ? { ...both, type: 'better-sqlite3', database: pathBeside(database.path), enableWAL: true }
    : {
        ...both,
        ...patience,
        type: 'postgres',
        url: database.url,
        schema: callLogSchema,
        poolSize: 2,
      };
}

/** `data/call-log.db` → `data/call-log-junk.db` */
function pathBeside(path: string): string {
  return `${path.replace(/\.db$/, '')}-junk.db`;
}

function whatToDo(database: DatabaseUrl, error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  if (database.kind === 'postgres')
    return `The junk counts at CALL_LOG_URL cannot be used: ${message || code || 'no reason given'}.`;
  const path = pathBeside(database.path);
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB')
    return `${path} is damaged or is no SQLite database. Put a backup in its place, or move it away and counting begins anew.`;
  return `The junk counts in ${path} cannot be used: ${message || code || 'no reason given'}.`;
}
