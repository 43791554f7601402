import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { dayFilesOf } from './call-days.js';
import type { TestLatchkey } from './latchkey.js';

/** The call log's own database file and those of its days, in the hands of somebody else. */
export interface CallLogFile {
  /** Nothing can be committed until `unlock`, not even to a day that has a file: writes wait. */
  lock(): void;
  unlock(): void;
  /** Nothing can be committed until `repair`: writes fail. */
  spoil(): void;
  repair(): void;
  close(): void;
}

export function openCallLogFile({ folder }: TestLatchkey): CallLogFile {
  const path = join(folder, 'call-log.db');
  const open = (name: string) => new SqliteDatabase(name, { timeout: 5_000 });
  const file = open(path);
  const days: SqliteDatabase.Database[] = [];
  const rename = (table: string, name: string): void => {
    const names = dayFilesOf(path);
    if (names.length === 0) throw new Error('The log has no day yet.');
    for (const day of names.map(open)) {
      day.exec(`ALTER TABLE ${table} RENAME TO ${name}`);
      day.close();
    }
  };
  return {
    lock: () => {
      // As the writer takes them, so that neither waits for the other.
      days.push(...dayFilesOf(path).map(open));
      for (const each of [...days, file]) each.exec('BEGIN IMMEDIATE');
    },
    unlock: () => {
      for (const each of [file, ...days]) each.exec('ROLLBACK');
      for (const day of days.splice(0)) day.close();
    },
    spoil: () => rename('call', 'call_away'),
    repair: () => rename('call_away', 'call'),
    close: () => void file.close(),
  };
}
