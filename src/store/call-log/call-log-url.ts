import { StartError } from '../../core/start-error.js';
import { parseDatabaseUrl, type DatabaseUrl } from '../data-source-options.js';

/** @throws StartError, without the text: it may hold a password */
export function parseCallLogUrl(text: string): DatabaseUrl {
  const database = parseDatabaseUrl(text);
  if (database === null)
    throw new StartError(
      'CALL_LOG_URL takes sqlite:<path> or postgres://<user>:<password>@<host>/<database>.',
    );
  return database;
}

/** How a message names the call log: a path, or the setting that holds the address and the password. */
export function nameOfCallLog(database: DatabaseUrl): string {
  return database.kind === 'sqlite'
    ? `The call log ${database.path}`
    : 'The call log at CALL_LOG_URL';
}
