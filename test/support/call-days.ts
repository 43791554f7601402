import SqliteDatabase from 'better-sqlite3';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { callColumns } from '../../src/store/call-log/call-columns.js';
import {
  daysFolderOf,
  daysIn,
  namesIn,
  pathOfDay,
} from '../../src/store/call-log/days/call-days-folder.js';

/** The files of a log on SQLite in which its rows are, the earliest day first. @param path of the log's own file */
export function dayFilesOf(path: string): string[] {
  const folder = daysFolderOf(path);
  return daysIn(folder).map((day) => pathOfDay(folder, day));
}

/** Removes all rows. */
export function removeDayFiles(path: string): void {
  const folder = daysFolderOf(path);
  for (const name of namesIn(folder)) rmSync(join(folder, name));
}

/** The log's own file, with a temporary table `call` that holds the rows of all days as they are now. */
export function openWholeLog(
  path: string,
  options: SqliteDatabase.Options = {},
): SqliteDatabase.Database {
  const database = new SqliteDatabase(path, options);
  database.exec(
    `CREATE TEMP TABLE call (${callColumns.map(({ name }) => `"${name}"`).join(', ')})`,
  );
  for (const day of dayFilesOf(path)) {
    database.prepare('ATTACH ? AS day').run(day);
    database.exec('INSERT INTO temp.call SELECT * FROM day.call; DETACH day');
  }
  return database;
}
