import type { DataSource } from 'typeorm';
import { parseCallLogUrl } from '../call-log-url.js';
import type { CallTable } from './call-table.js';
import { PostgresCallTable } from './postgres-call-table.js';
import { SqliteCallTable, type SqliteCallTableOptions } from './sqlite-call-table.js';

/**
 * The rows of the call log, to be read.
 *
 * @param url `sqlite:<path>` or `postgres://…`, already migrated
 * @param reader of `callLogReader` for the same URL, initialized
 */
export function openCallTable(
  url: string,
  reader: DataSource,
  options: SqliteCallTableOptions = {},
): { readonly rows: CallTable; close(): Promise<void> } {
  const database = parseCallLogUrl(url);
  if (database.kind === 'postgres')
    return { rows: new PostgresCallTable(reader), close: () => Promise.resolve() };
  const rows = new SqliteCallTable(database.path, options);
  return { rows, close: () => rows.close() };
}
