import { DataSource } from 'typeorm';
import { readSettings } from './src/platform/config/settings.js';
import {
  parseDatabaseUrl,
  migratorOptions,
  type DatabaseUrl,
} from './src/store/data-source-options.js';

/** For the TypeORM command line: `npm run migration -- migration:show`. The server runs its migrations by itself. */
export default new DataSource(
  migratorOptions(parseDatabaseUrl(readSettings(process.env).databaseUrl) as DatabaseUrl),
);
