import { DataSource, type DataSourceOptions } from 'typeorm';
import { CallLog1795000000000 } from '../migrations/call-log/1795000000000-call-log.js';
import { CallOrder1796250000000 } from '../migrations/call-log/1796250000000-call-order.js';
import { CallRuns1796350000000 } from '../migrations/call-log/1796350000000-call-runs.js';
import { CallDays1796300000000 } from '../migrations/call-log/1796300000000-call-days.js';
import { RotationUsage1795900000000 } from '../migrations/call-log/1795900000000-rotation-usage.js';
import { Usage1796000000000 } from '../migrations/call-log/1796000000000-usage.js';
import { impatience } from '../data-source-options.js';
import { callLogSchema } from './call-log-schema.js';
import { parseCallLogUrl } from './call-log-url.js';

/** Milliseconds after which a search is given up: nobody waits for it any longer, and the server must not go on with it. */
const searchMsMax = 10_000;

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
      : {
          ...both,
          ...impatience,
          extra: { ...impatience.extra, statement_timeout: searchMsMax },
          ...{ type: 'postgres', url: database.url, schema: callLogSchema, poolSize: 4 },
        },
  );
}

/** A connection that changes the schema; for the time of a migration. Not yet initialized. */
export function callLogMigrator(url: string): DataSource {
  const database = parseCallLogUrl(url);
  const migrating = {
    ...both,
    migrations: [
      CallLog1795000000000,
      RotationUsage1795900000000,
      Usage1796000000000,
      CallOrder1796250000000,
      CallDays1796300000000,
      CallRuns1796350000000,
    ],
    migrationsTransactionMode: 'each' as const,
  };
  return new DataSource(
    database.kind === 'sqlite'
      ? { ...migrating, type: 'better-sqlite3', database: database.path, enableWAL: true }
      : { ...migrating, type: 'postgres', url: database.url, schema: callLogSchema, poolSize: 2 },
  );
}
