/**
 * A process that dies at one of its commits: writes groups of calls to a log on SQLite, some of them in two days, has them
 * counted now and then, and writes down the numbers of each group that was acknowledged.
 * Arguments: the log's path, the file to write to, the number of the commit at which to die, `before` or `after` it.
 */
import { openSync, writeSync } from 'node:fs';
import SqliteDatabase from 'better-sqlite3';

/** @param {string} path */
const built = (path) =>
  import(new URL(`../../dist/src/store/call-log/${path}`, import.meta.url).href);

const { SqliteSink } = await built('write/sqlite-sink.js');
const { packCall } = await built('call-columns.js');
const [, , path = '', file = '', dieAt = '', moment = ''] = process.argv;
const acknowledged = openSync(file, 'a');
const nodeId = 'nod_1';
const dayPositions = 86_400_000 * 4096;

let commits = 0;
const { prepare } = SqliteDatabase.prototype;
/** @type {any} */ (SqliteDatabase.prototype).prepare = function (/** @type {string} */ source) {
  const statement = /** @type {any} */ (prepare.call(this, source));
  if (source !== 'COMMIT') return statement;
  const { run } = statement;
  statement.run = (/** @type {unknown[]} */ ...values) => {
    commits += 1;
    const isLast = commits === Number(dieAt);
    if (isLast && moment === 'before') process.kill(process.pid, 'SIGKILL');
    const result = run.apply(statement, values);
    if (isLast) process.kill(process.pid, 'SIGKILL');
    return result;
  };
  return statement;
};

const sink = new SqliteSink(path, { mode: 'committed', nodeId, runId: 'run_1', timeoutMs: 5_000 });
const mark = sink.open();
let { lastSeq: seq, lastPosition } = mark;
// The middle of a day, so that what is one day apart lies in another file.
const midday = Math.floor(Date.now() / 86_400_000) * dayPositions + dayPositions / 2;
lastPosition = Math.max(lastPosition, midday);

for (let group = 0; ; group += 1) {
  /** @type {unknown[]} */
  const cells = [];
  const first = seq + 1;
  for (let row = 0; row < 5; row += 1) {
    seq += 1;
    lastPosition += 1;
    const isOfYesterday = group % 2 === 1 && row % 2 === 1;
    const position = isOfYesterday ? lastPosition - dayPositions : lastPosition;
    // The third row of every third group has a place that is taken: it is left out.
    const isTwice = group % 3 === 2 && row === 2;
    packCall(cells, callAt(isTwice ? lastPosition - 1 : position), nodeId, seq);
  }
  const leftOut = sink.write({ cells, completions: [], salvage: true });
  writeSync(acknowledged, `${first} ${seq} ${leftOut}\n`);
  // Others are left to be counted with those that follow.
  if (group % 3 !== 0) await sink.caughtUp();
}

/** @param {number} position */
function callAt(position) {
  return {
    ...{ position, id: `call_${position}`, at: Math.floor(position / 4096) },
    ...{ accountId: 'acc_1', keyId: `key_${position % 2}`, secretId: `sec_${position % 2}` },
    ...{ credential: 'bearer', door: 'gateway', method: 'GET', path: '/', route: '/' },
    ...{ decision: 'allowed', status: 200, callerIp: '203.0.113.7', peerIp: '203.0.113.7' },
    ...{ requiredScopes: [], usedScopes: ['a.b'], missingScopes: [] },
    ...{ keyName: null, environment: null, secretStart: null, secretState: null, rotationId: null },
    ...{ actor: null, serviceId: null, host: null, query: null, reason: null, wouldDeny: null },
    ...{ upstreamStatus: null, forwardedFor: null, userAgent: null, clientRequestId: null },
    ...{ durationMs: null, upstreamMs: null, requestBytes: null, responseBytes: null },
  };
}
