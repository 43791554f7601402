import { closeSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { groupBy } from '../../group-by.js';
import { dayNamed, dayOfPosition, type Day } from '../days/call-day.js';
import {
  daysFolderOf,
  daysIn,
  identityOf,
  indexPathOf,
  namesIn,
  pathOfDay,
} from '../days/call-days-folder.js';
import { callIndexes, type CallIndex } from '../days/call-indexes.js';
import { hasOwnIndexes } from '../days/day-schema.js';
import { firstPositionAt, isDroppable, lastHourBefore, type CallPruning } from './call-pruning.js';

/** Rows that one statement removes; a transaction ends after the statement in which its time is up. */
const rowsAtOnce = 50;
/** The same where each statement is a transaction. */
const rowsApart = 250;
const transactionMs = 10;
/**
 * How much longer than a transaction others come to their turn after it. SQLite has no queue: who waits for a lock looks again
 * every 25 milliseconds at first, and has to find it free.
 */
const pauseFactor = 3;
/** Bytes that the disk gives up in one go: who syncs a file meanwhile waits for that. */
const bytesAtOnce = 32 * 1024 * 1024;
const pauseMs = 20;
/** Milliseconds to wait for the writer. */
const lockMsMax = 5_000;

const oldCalls = (ofAccount: string) => `DELETE FROM call WHERE position IN (
    SELECT position FROM call WHERE ${ofAccount} AND position < ? ORDER BY position LIMIT ?)`;

const theseRows = 'position IN (SELECT value FROM json_each(@positions))';

/** Takes rows out of an index that are to be removed. */
const outOf = (index: CallIndex) => `DELETE FROM found.by_${index}
  WHERE (${callIndexes[index]}, position) IN (SELECT ${callIndexes[index]}, position FROM call WHERE ${theseRows})`;

const oldHours = `DELETE FROM secret_hour WHERE (key_id, hour, secret_id, outcome) IN (
    SELECT key_id, hour, secret_id, outcome FROM secret_hour WHERE key_id = ? AND hour <= ? LIMIT ?)`;

const oldUses = `DELETE FROM key_usage WHERE (key_id, kind, name) IN (
    SELECT key_id, kind, name FROM key_usage WHERE key_id = ? AND last_used_at < ? LIMIT ?)
  RETURNING kind`;

const lowerPlaces = `UPDATE key_usage_places SET caller = caller - ?, route = route - ?, scope = scope - ?
  WHERE key_id = ?`;

/** Takes old things out of a log on SQLite. It blocks its thread, which is why that thread is a worker. */
export class SqlitePruner implements CallPruning {
  readonly #basePath: string;
  readonly #folder: string;
  #base: Database | null = null;
  /** By account: the days before hold nothing of it any more, so that an hourly run opens no more files than it has to. */
  readonly #emptiedTo = new Map<string | null, Day>();

  /** @param basePath of the log's own file */
  constructor(basePath: string) {
    this.#basePath = basePath;
    this.#folder = daysFolderOf(basePath);
  }

  async dropDays(beforeMs: number): Promise<number> {
    const now = Date.now();
    let days = 0;
    for (const name of namesIn(this.#folder)) {
      const [, date = '', isIndex, isBeside] =
        /^(.{10})(\.index)?\.db(-wal|-shm)?$/.exec(name) ?? [];
      const day = dayNamed(date);
      if (day === null || !isDroppable(day, beforeMs, now)) continue;
      const path = join(this.#folder, name);
      // In order of their names: the file first, so that nobody opens it with half of what belongs to it.
      if (isBeside !== undefined) rmSync(path, { force: true });
      else {
        await remove(path);
        if (isIndex === undefined) days += 1;
      }
    }
    return days;
  }

  async deleteCalls(accountId: string | null, beforeMs: number, limit: number): Promise<number> {
    const before = firstPositionAt(beforeMs);
    let deleted = 0;
    const last = dayOfPosition(before);
    const first = this.#emptiedTo.get(accountId) ?? -Infinity;
    for (const day of daysIn(this.#folder)) {
      if (day < first) continue;
      if (deleted >= limit || day > last) break;
      deleted += await this.#inDay(day, (database) =>
        (hasOwnIndexes(database) ? deleteIndexed : deleteApart)(database, {
          ...{ accountId, before, limit: limit - deleted },
        }),
      );
    }
    if (deleted < limit) this.#emptiedTo.set(accountId, last);
    return deleted;
  }

  async deleteHours(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    const database = this.#counters();
    const statement = database.prepare(oldHours);
    const last = lastHourBefore(beforeMs);
    let deleted = 0;
    for (const keyId of keyIds)
      deleted += await inPieces(
        database,
        limit - deleted,
        (rows) => statement.run(keyId, last, rows).changes,
      );
    return deleted;
  }

  async deleteUses(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    const database = this.#counters();
    const take = database.prepare<[string, number, number], { kind: string }>(oldUses);
    const lower = database.prepare(lowerPlaces);
    let deleted = 0;
    for (const keyId of keyIds)
      deleted += await inPieces(database, limit - deleted, (rows) => {
        const gone = take.all(keyId, beforeMs, rows);
        const ofKind = groupBy(gone, ({ kind }) => kind);
        const counts = ['caller', 'route', 'scope'].map((kind) => ofKind.get(kind)?.length ?? 0);
        lower.run(...counts, keyId);
        return gone.length;
      });
    return deleted;
  }

  close(): void {
    this.#base?.close();
    this.#base = null;
  }

  async #inDay(day: Day, work: (database: Database) => Promise<number>): Promise<number> {
    const path = pathOfDay(this.#folder, day);
    if (identityOf(path) === null) return 0;
    const database = opened(path);
    try {
      const indexPath = indexPathOf(path);
      if (identityOf(indexPath) !== null) database.prepare('ATTACH ? AS found').run(indexPath);
      return await work(database);
    } finally {
      database.close();
    }
  }

  #counters(): Database {
    this.#base ??= opened(this.#basePath);
    return this.#base;
  }
}

function opened(path: string): Database {
  const database = new SqliteDatabase(path, { fileMustExist: true, timeout: lockMsMax });
  // What comes back after a power failure is removed again.
  database.pragma('synchronous = NORMAL');
  return database;
}

interface OldCalls {
  readonly accountId: string | null;
  /** A position. */
  readonly before: number;
  readonly limit: number;
}

/** Removes rows that have their indexes beside them. @returns how many */
function deleteIndexed(
  database: Database,
  { accountId, before, limit }: OldCalls,
): Promise<number> {
  const values = accountId === null ? [] : [accountId];
  const statement = database.prepare(
    oldCalls(accountId === null ? 'account_id IS NULL' : 'account_id = ?'),
  );
  return inPieces(database, limit, (rows) => statement.run(...values, before, rows).changes);
}

/**
 * Removes rows whose indexes are in a file of their own, which no transaction of both files must hold up. By the index of accounts
 * it comes back to whatever it did not bring to its end, so that goes last.
 *
 * @returns how many
 */
async function deleteApart(
  database: Database,
  { accountId, before, limit }: OldCalls,
): Promise<number> {
  const attached = database.pragma('database_list') as { name: string }[];
  const hasIndex = attached.some(({ name }) => name === 'found');
  if (accountId !== null && !hasIndex) return 0;
  const places =
    accountId === null
      ? 'call WHERE account_id IS NULL'
      : 'found.by_account WHERE account_id = @accountId';
  const old = database
    .prepare(`SELECT position FROM ${places} AND position < @before ORDER BY position LIMIT @rows`)
    .pluck();
  const removals = [
    ...(hasIndex ? [outOf('key'), outOf('ip')] : []),
    `DELETE FROM call WHERE ${theseRows}`,
    ...(accountId === null
      ? []
      : [`DELETE FROM found.by_account WHERE account_id = @accountId AND ${theseRows}`]),
  ].map((sql) => database.prepare(sql));
  let deleted = 0;
  for (let rows = rowsApart, found = rows; found === rows && deleted < limit; deleted += found) {
    rows = Math.min(rowsApart, limit - deleted);
    const positions = old.all({ accountId, before, rows });
    found = positions.length;
    const these = { accountId, positions: JSON.stringify(positions) };
    for (const removal of removals) {
      const startedAt = performance.now();
      removal.run(these);
      await pause(pauseFactor * (performance.now() - startedAt));
    }
  }
  return deleted;
}

/**
 * Removes rows in transactions that last for some milliseconds each.
 *
 * @param removeRows removes so many rows and says how many there were: fewer if there are no more
 * @returns how many were removed
 */
async function inPieces(
  database: Database,
  limit: number,
  removeRows: (rows: number) => number,
): Promise<number> {
  const transaction = database.transaction((most: number) => {
    const startedAt = performance.now();
    let removed = 0;
    let isLast = false;
    while (!isLast && performance.now() - startedAt < transactionMs) {
      const rows = Math.min(rowsAtOnce, most - removed);
      const found = removeRows(rows);
      removed += found;
      isLast = found < rows || removed === most;
    }
    return { removed, isLast, tookMs: performance.now() - startedAt };
  });
  let deleted = 0;
  while (deleted < limit) {
    const { removed, isLast, tookMs } = transaction.immediate(limit - deleted);
    deleted += removed;
    // After the last one as well: whoever wants more asks again at once.
    if (removed > 0) await pause(pauseFactor * tookMs);
    if (isLast) break;
  }
  return deleted;
}

/** Removes a file in pieces, once it has no name any more and nobody can open it. */
async function remove(path: string): Promise<void> {
  const file = openSync(path, 'r+');
  try {
    const { size } = fstatSync(file);
    rmSync(path);
    for (const end of ['-wal', '-shm']) rmSync(path + end, { force: true });
    for (let left = size - bytesAtOnce; left > 0; left -= bytesAtOnce) {
      ftruncateSync(file, left);
      await pause(pauseMs);
    }
  } finally {
    closeSync(file);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
