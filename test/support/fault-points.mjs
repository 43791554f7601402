/**
 * Preloaded (`node --import`) into a process that is to be killed: writes down every statement that changes the main database,
 * and kills its own process at the one that it was told. The program itself has no such places and knows nothing of this.
 */
import { basename } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';

/** @typedef {import('./latchkey-process.js').FaultPoint} FaultPoint */

/** @type {string[]} */
let statements = [];
/** @type {FaultPoint | null} */
let faultPoint = null;

/**
 * Where a process dies that cannot be told in time, because that lies in its start: at the `nth` statement of this kind.
 *
 * @type {{ statement: string, moment: FaultPoint['moment'], nth: number } | null}
 */
const faultOfStart = JSON.parse(process.env['FAULT_OF_START'] ?? 'null');
/** @type {Record<string, number>} */
const seen = {};

// The call log's thread is not the one that changes configuration.
if (isMainThread && process.channel) {
  watchSqlite();
  watchPostgres();
  process.on('message', (/** @type {{ faultPoint: FaultPoint | null }} */ told) => {
    process.send?.({ statements });
    statements = [];
    ({ faultPoint } = told);
  });
  process.channel.unref();
}

function watchSqlite() {
  const { prepare, exec } = SqliteDatabase.prototype;
  /** @param {SqliteDatabase.Database} handle */
  const isWatched = (handle) => !handle.readonly && basename(handle.name) === 'latchkey.db';

  SqliteDatabase.prototype.prepare = function (/** @type {string} */ source) {
    const statement = prepare.call(this, source);
    return isWatched(this) ? watched(statement) : statement;
  };
  SqliteDatabase.prototype.exec = function (/** @type {string} */ source) {
    const execute = () => exec.call(this, source);
    return isWatched(this) ? passed(source, execute) : execute();
  };
}

/** @param {any} statement */
function watched(statement) {
  for (const name of ['run', 'get', 'all']) {
    const execute = statement[name];
    statement[name] = (/** @type {unknown[]} */ ...values) =>
      passed(statement.source, () => execute.apply(statement, values));
  }
  return statement;
}

function watchPostgres() {
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = /** @type {typeof query} */ (
    function (/** @type {unknown[]} */ ...asked) {
      const [source] = asked;
      // @ts-expect-error -- whatever it was asked with goes on as it is
      const execute = () => query.apply(this, asked);
      return typeof source === 'string' ? passed(source, execute) : execute();
    }
  );
}

/**
 * @template T
 * @param {string} source
 * @param {() => T} execute
 * @returns {T}
 */
function passed(source, execute) {
  const statement = kindOf(source);
  if (/^(SELECT|PRAGMA|SET|SHOW)\b/.test(statement)) return execute();
  // What every hundredth change does besides: it would move the places of the others.
  if (/^\s*DELETE FROM access_change\b/.test(source)) return execute();
  const index = statements.push(statement) - 1;
  seen[statement] = (seen[statement] ?? 0) + 1;
  dieAt('before', index, statement);
  const result = execute();
  dieAt('unanswered', index, statement);
  if (!(result instanceof Promise)) {
    dieAt('after', index, statement);
    return result;
  }
  return /** @type {T} */ (
    result.then((value) => {
      dieAt('after', index, statement);
      return value;
    })
  );
}

/** What it does to which table, such as `UPDATE secret`: the rest may be another text in every run. @param {string} source */
function kindOf(source) {
  const words = /^\s*(\w+(?: OR \w+)?)(?:\s+(?:INTO|FROM))?\s*"?(\w+)?/.exec(source) ?? [];
  return `${words[1]} ${words[2] ?? ''}`.trim();
}

/**
 * A statement that is not the one that was meant kills nobody, so that whoever expects a death learns of it.
 *
 * @param {FaultPoint['moment']} moment
 * @param {number} index
 * @param {string} statement
 */
function dieAt(moment, index, statement) {
  const isOfStart = faultOfStart?.moment === moment && faultOfStart.statement === statement;
  if (isOfStart && faultOfStart.nth === seen[statement]) process.kill(process.pid, 'SIGKILL');
  if (faultPoint?.moment !== moment) return;
  if (faultPoint.index === index && faultPoint.statement === statement)
    process.kill(process.pid, 'SIGKILL');
}
