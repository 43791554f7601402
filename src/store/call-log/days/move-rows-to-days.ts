import SqliteDatabase, { type Database } from 'better-sqlite3';
import { callColumns } from '../call-columns.js';
import { dayOfPosition, nameOfDay, positionsOf } from './call-day.js';
import { daysFolderOf, identityOf, pathOfDay } from './call-days-folder.js';
import { makeDayFile } from './day-schema.js';

/** Rows that are copied, committed and then removed in one go: what a start that is killed does again at most. */
const rowsAtOnce = 10_000;
const progressMs = 5_000;
/** Free pages for which the file is written anew: 4 MB. */
const freePagesMax = 1_000;

/** Told now and then what has been done. Must not throw. */
export type TellProgress = (line: string) => void;

const columns = callColumns.map(({ name }) => `"${name}"`).join(', ');

/**
 * Moves the rows of a log that has them in its own file into the files of their days. It goes on where it was killed: rows are
 * removed only when they are in their day's file, and one that is there already is not copied again.
 *
 * @param path of the log's own file, migrated
 */
export function moveRowsToDays(path: string, tell: TellProgress): void {
  const database = new SqliteDatabase(path, { fileMustExist: true });
  try {
    database.pragma('synchronous = FULL');
    if (hasRows(database)) {
      for (const index of ['account_id', 'key_id', 'caller_ip_key', 'order'])
        database.exec(`DROP INDEX IF EXISTS call_${index}`);
      moveAll(database, path, tell);
      database.exec('DROP TABLE call');
    }
    if ((database.pragma('freelist_count', { simple: true }) as number) > freePagesMax)
      database.exec('VACUUM');
  } finally {
    database.close();
  }
}

function hasRows(database: Database): boolean {
  return (
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'call'").get() !==
    undefined
  );
}

function moveAll(database: Database, path: string, tell: TellProgress): void {
  const first = database.prepare('SELECT min(position) FROM call').pluck();
  let moved = 0;
  let toldAt = Date.now();
  for (let next = first.get(); next !== null; next = first.get()) {
    const day = dayOfPosition(next as number);
    const dayPath = pathOfDay(daysFolderOf(path), day);
    if (identityOf(dayPath) === null) makeDayFile(dayPath);
    database.prepare('ATTACH ? AS day').run(dayPath);
    database.pragma('day.synchronous = FULL');
    for (let rows = moveSome(database, day); rows > 0; rows = moveSome(database, day)) {
      moved += rows;
      if (Date.now() - toldAt < progressMs) continue;
      toldAt = Date.now();
      tell(
        `The call log is being moved into a file for each day: ${moved.toLocaleString('en')} rows so far, up to ${nameOfDay(day)}.`,
      );
    }
    database.pragma('day.wal_checkpoint(TRUNCATE)');
    database.exec('DETACH day');
  }
}

/** @returns how many rows of that day were moved: 0 if there are no more */
function moveSome(database: Database, day: number): number {
  const { lowest, highest } = positionsOf(day);
  const last = database
    .prepare(
      `SELECT max(position) FROM (SELECT position FROM main.call
        WHERE position BETWEEN ? AND ? ORDER BY position LIMIT ?)`,
    )
    .pluck()
    .get(lowest, highest, rowsAtOnce);
  if (last === null) return 0;
  database
    .prepare(
      `INSERT OR IGNORE INTO day.call (${columns}) SELECT ${columns} FROM main.call WHERE position BETWEEN ? AND ?`,
    )
    .run(lowest, last);
  return database.prepare('DELETE FROM main.call WHERE position BETWEEN ? AND ?').run(lowest, last)
    .changes;
}
