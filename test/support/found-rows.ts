import { expect } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { existsSync } from 'node:fs';
import { indexPathOf } from '../../src/store/call-log/days/call-days-folder.js';
import { callIndexes } from '../../src/store/call-log/days/call-indexes.js';
import { hasOwnIndexes } from '../../src/store/call-log/days/day-schema.js';
import { dayFilesOf } from './call-days.js';

/**
 * Expects that the indexes of a log on SQLite lead to each of its rows, and nowhere else.
 *
 * @param path of the log's own file; nobody has rows that are not in the indexes yet
 */
export function expectRowsFound(path: string): void {
  for (const day of dayFilesOf(path)) {
    const database = new SqliteDatabase(day, { readonly: true });
    try {
      if (hasOwnIndexes(database)) continue;
      const index = indexPathOf(day);
      if (existsSync(index)) database.prepare('ATTACH ? AS found').run(index);
      for (const [name, column] of Object.entries(callIndexes)) {
        const placesIn = (table: string) =>
          database
            .prepare<[], string>(
              `SELECT ${column} || ' ' || position FROM ${table} WHERE ${column} IS NOT NULL ORDER BY 1`,
            )
            .pluck()
            .all();
        const found = existsSync(index) ? placesIn(`found.by_${name}`) : [];
        expect([day, name, found]).toEqual([day, name, placesIn('main.call')]);
      }
    } finally {
      database.close();
    }
  }
}
