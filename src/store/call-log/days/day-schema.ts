import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { callColumns, type ColumnKind } from '../call-columns.js';
import { syncFolder } from './call-days-folder.js';

/** Of the tables in a day's file; a file says which it has. */
const version = 1;

const types: Readonly<Record<ColumnKind, string>> = {
  integer: 'BIGINT',
  real: 'REAL',
  text: 'TEXT',
  list: 'TEXT NOT NULL',
};

const required = new Set([
  ...['node_id', 'seq', 'id', 'at', 'credential', 'door', 'method', 'path', 'decision', 'peer_ip'],
]);

const columns = callColumns.map(({ name, kind }) => {
  // The row's own number: rows lie in this order, and every index ends with it.
  if (name === 'position') return 'position INTEGER PRIMARY KEY';
  return `"${name}" ${types[kind]}${required.has(name) ? ' NOT NULL' : ''}`;
});

const schema = `
  CREATE TABLE call (${columns.join(', ')});
  ${['account_id', 'key_id', 'caller_ip_key']
    .map((name) => `CREATE INDEX call_${name} ON call (${name}) WHERE ${name} IS NOT NULL;`)
    .join('\n')}
  -- Read only where calls of no account are removed; the others cost it nothing.
  CREATE INDEX call_without_account ON call (account_id) WHERE account_id IS NULL;
  CREATE INDEX call_order ON call (node_id, seq);
  -- Of each node the last group that is in several files or has left rows out: how many of its rows there are in all.
  CREATE TABLE call_group (
    node_id TEXT NOT NULL PRIMARY KEY,
    first_seq BIGINT NOT NULL,
    last_seq BIGINT NOT NULL,
    rows BIGINT NOT NULL
  ) WITHOUT ROWID;
  PRAGMA user_version = ${version};`;

/** Makes the file of a day under another name first, so that whoever finds it finds all of it. */
export function makeDayFile(path: string): void {
  const making = `${path}.new`;
  // A log that a dead file has left behind would be taken for this one's.
  for (const old of [making, `${making}-journal`, `${making}-wal`, `${path}-wal`, `${path}-shm`])
    rmSync(old, { force: true });
  const database = new SqliteDatabase(making);
  try {
    database.exec(`BEGIN; ${schema} COMMIT;`);
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  renameSync(making, path);
  syncFolder(dirname(path));
}

/** Thrown for a day's file that this version does not understand. */
export class UnknownDayError extends Error {
  override readonly name = 'UnknownDayError';
}

/** @throws UnknownDayError, or the driver's error if it is no SQLite database */
export function requireKnownDay(database: Database): void {
  const found = database.pragma('user_version', { simple: true }) as number;
  if (found !== version)
    throw new UnknownDayError(
      `it holds version ${found} of a day, and this Latchkey knows ${version}`,
    );
}
