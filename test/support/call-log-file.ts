import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import type { TestLatchkey } from './latchkey.js';

/** The call log's own database file, in the hands of somebody else. */
export interface CallLogFile {
  /** Nothing can be committed until `unlock`: writes wait. */
  lock(): void;
  unlock(): void;
  /** Nothing can be committed until `repair`: writes fail. */
  spoil(): void;
  repair(): void;
  close(): void;
}

export function openCallLogFile({ folder }: TestLatchkey): CallLogFile {
  const file = new SqliteDatabase(join(folder, 'call-log.db'), { timeout: 5_000 });
  return {
    lock: () => void file.exec('BEGIN IMMEDIATE'),
    unlock: () => void file.exec('ROLLBACK'),
    spoil: () => void file.exec('ALTER TABLE call_node RENAME TO call_node_away'),
    repair: () => void file.exec('ALTER TABLE call_node_away RENAME TO call_node'),
    close: () => void file.close(),
  };
}
