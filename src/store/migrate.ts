import { DataSource } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { writerOptions, type DatabaseUrl } from './data-source-options.js';

/**
 * Brings the main database to the schema of this version. Each migration is one transaction, so a start that was killed
 * midway leaves nothing half-done for the next.
 *
 * @throws StartError if the database cannot be opened or is damaged
 */
export async function migrateMainDatabase(databaseUrl: DatabaseUrl): Promise<void> {
  const dataSource = new DataSource(writerOptions(databaseUrl));
  try {
    await dataSource.initialize();
    await dataSource.runMigrations();
  } catch (error) {
    throw new StartError(whatToDo(databaseUrl, error), { cause: error });
  } finally {
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

function whatToDo(databaseUrl: DatabaseUrl, error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  if (databaseUrl.kind === 'postgres')
    return `The database at DATABASE_URL cannot be used: ${message ?? code ?? 'no reason given'}.`;
  if (code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB') {
    return `${databaseUrl.path} is damaged or is no SQLite database. Put a backup in its place; nothing was changed.`;
  }
  return `The database ${databaseUrl.path} cannot be used: ${message ?? code ?? 'no reason given'}.`;
}
