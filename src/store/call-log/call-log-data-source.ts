import { DataSource, type DataSourceOptions } from 'typeorm';
import { CallLog1795000000000 } from '../migrations/call-log/1795000000000-call-log.js';
import { callLogSchema } from './call-log-schema.js';
import { parseCallLogUrl } from './call-log-url.js';

const both = {
  entities: [],
  synchronize: false,
  // TypeORM's logger prints the parameters of a failed query.
  logging: false,
} satisfies Partial<DataSourceOptions>;

/** A connection that reads the call log: read-only on SQLite, a small pool on PostgreSQL. Not yet initialized. */
export function callLogReader(url: string): DataSource {
  const database = parseCallLogUrl(url);
  return new DataSource(
    database.kind === 'sqlite'
      ? {
          ...both,
          type: 'better-sqlite3',
          database: database.path,
          readonly: true,
          enableWAL: false,
        }
      : { ...both, type: 'postgres', url: database.url, schema: callLogSchema, poolSize: 4 },
  );
}

/** A connection that changes the schema; for the time of a migration. Not yet initialized. */
export function callLogMigrator(url: string): DataSource {
  const database = parseCallLogUrl(url);
  const migrating = {
    ...both,
    migrations: [CallLog1795000000000],
    migrationsTransactionMode: 'each' as const,
  };
  return new DataSource(
    database.kind === 'sqlite'
      ? { ...migrating, type: 'better-sqlite3', database: database.path, enableWAL: true }
      : { ...migrating, type: 'postgres', url: database.url, schema: callLogSchema, poolSize: 2 },
  );
}
