import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { StartError } from '../../../core/start-error.js';
import {
  daysFolderOf,
  daysIn,
  identityOf,
  indexPathOf,
  pathOfDay,
  syncFolder,
} from './call-days-folder.js';
import { callIndexNames } from './call-indexes.js';
import {
  removeIndexFile,
  requireKnownDay,
  requireKnownIndex,
  UnknownDayError,
} from './day-schema.js';

/**
 * Makes the folder of a log's days, or sees that each of its files can be read.
 *
 * @param basePath of the log's own file
 * @throws StartError that names what cannot be used, and says what to do
 */
export function checkDays(basePath: string): void {
  const folder = daysFolderOf(basePath);
  try {
    const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncFolder(dirname(folder));
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`The folder ${folder} cannot be made: ${message}.`, { cause: error });
  }
  for (const day of daysIn(folder)) {
    checkDay(pathOfDay(folder, day));
    checkIndex(pathOfDay(folder, day));
  }
}

function checkDay(path: string): void {
  let database: SqliteDatabase.Database | undefined;
  try {
    database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    requireKnownDay(database);
    // A file that is cut off is found out by any look at its pages.
    database.prepare('SELECT min(position), max(position) FROM call').get();
  } catch (error) {
    throw startError(path, error);
  } finally {
    database?.close();
  }
}

/** What cannot be read is taken away: it is made anew of the rows. */
function checkIndex(dayPath: string): void {
  const path = indexPathOf(dayPath);
  if (identityOf(path) === null) return;
  let database: SqliteDatabase.Database | undefined;
  let isSound = true;
  try {
    database = new SqliteDatabase(path, { readonly: true, fileMustExist: true });
    requireKnownIndex(database);
    for (const index of callIndexNames)
      database
        .prepare(`SELECT max(position) FROM (SELECT position FROM by_${index} LIMIT 1)`)
        .get();
  } catch (error) {
    const { code } = error as { code?: string };
    if (!(error instanceof UnknownDayError) && !isDamage(code)) throw startError(path, error);
    isSound = false;
  } finally {
    database?.close();
  }
  if (!isSound) removeIndexFile(dayPath);
}

function isDamage(code: string | undefined): boolean {
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
}

function startError(path: string, error: unknown): StartError {
  return new StartError(whatToDo(path, error), { cause: error });
}

function whatToDo(path: string, error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  if (isDamage(code))
    return `${path}, a day of the call log, is damaged or is no SQLite database. Put a backup in its place, or move it away and the log has no calls of that day.`;
  if (error instanceof UnknownDayError)
    return `${path}, a day of the call log, cannot be used: ${message}. Start the version that made it, or a later one.`;
  return `${path}, a day of the call log, cannot be used: ${message || code || 'no reason given'}.`;
}
