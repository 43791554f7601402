import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { callColumns, type ColumnKind } from '../call-columns.js';
import { indexPathOf, syncFolder } from './call-days-folder.js';
import { callIndexes, callIndexNames } from './call-indexes.js';

/** Of the tables in a day's file; a file says which it has. */
const version = 2;
/** In which the rows had their indexes beside them, and every group touched a page of each for nearly each of its rows. */
const versionWithIndexes = 1;
/** Of the tables in the file with a day's indexes. */
const indexVersion = 1;

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

const indexSchema = `
  ${callIndexNames
    .map(
      (index) => `CREATE TABLE by_${index} (
        ${callIndexes[index]} TEXT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (${callIndexes[index]}, position)
      ) WITHOUT ROWID;`,
    )
    .join('\n')}
  -- Of each node: the number up to which its rows of this day are in here.
  CREATE TABLE indexed (node_id TEXT NOT NULL PRIMARY KEY, last_seq BIGINT NOT NULL) WITHOUT ROWID;
  PRAGMA user_version = ${indexVersion};`;

/** Makes the file with the rows of a day. */
export function makeDayFile(path: string): void {
  // What is found by an index of a file that is gone would be found in this one.
  removeIndexFile(path);
  make(path, schema);
}

/** Makes the file with the indexes of a day. They hold nothing yet. */
export function makeIndexFile(path: string): void {
  make(path, indexSchema);
}

/** @param dayPath of the rows, where it can be made of again */
export function removeIndexFile(dayPath: string): void {
  for (const path of withLog(indexPathOf(dayPath))) rmSync(path, { force: true });
}

/** Makes a file under another name first, so that whoever finds it finds all of it. */
function make(path: string, tables: string): void {
  const making = `${path}.new`;
  // A log that a dead file has left behind would be taken for this one's.
  for (const old of [`${making}-journal`, ...withLog(making), ...withLog(path).slice(1)])
    rmSync(old, { force: true });
  const database = new SqliteDatabase(making);
  try {
    database.exec(`BEGIN; ${tables} COMMIT;`);
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  renameSync(making, path);
  syncFolder(dirname(path));
}

function withLog(path: string): string[] {
  return [path, `${path}-wal`, `${path}-shm`];
}

/** Thrown for a day's file that this version does not understand. */
export class UnknownDayError extends Error {
  override readonly name = 'UnknownDayError';
}

/** @throws UnknownDayError, or the driver's error if it is no SQLite database */
export function requireKnownDay(database: Database): void {
  const found = versionOf(database);
  if (found !== version && found !== versionWithIndexes)
    throw new UnknownDayError(
      `it holds version ${found} of a day, and this Latchkey knows ${version}`,
    );
}

/** Whether the rows of a day have their indexes beside them, so that there is no other file with them. */
export function hasOwnIndexes(database: Database): boolean {
  return versionOf(database) === versionWithIndexes;
}

/** @throws UnknownDayError, or the driver's error if it is no SQLite database */
export function requireKnownIndex(database: Database): void {
  const found = versionOf(database);
  if (found !== indexVersion)
    throw new UnknownDayError(
      `it holds version ${found} of a day's indexes, and this Latchkey knows ${indexVersion}`,
    );
}

function versionOf(database: Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}
