/**
 * The call log's worker, which fails over certain paths: at `/die-before-commit` it dies (once: not when the row comes back
 * saying 503), at `/die-after-commit` it dies before it acknowledges the group, and at `/answer-late` it waits 1.5 seconds.
 */
import { workerData } from 'node:worker_threads';

/** @param {string} path */
const built = (path) =>
  import(new URL(`../../dist/src/store/call-log/${path}`, import.meta.url).href);

const { SqliteSink } = await built('write/sqlite-sink.js');
const { PostgresSink } = await built('write/postgres-sink.js');
const { answerRequests } = await built('threads/request-thread.js');
const { database } = workerData;
const sink =
  database.kind === 'sqlite'
    ? new SqliteSink(database.path, workerData)
    : new PostgresSink(database.url, workerData);

/** @param {any} request */
async function perform(request) {
  if (request.type === 'open') return sink.open();
  if (request.type === 'catch up') return sink.caughtUp();
  if (request.type === 'close') return sink.close(request.ended);
  const { cells } = request.group;
  if (cells.includes('/die-before-commit') && !cells.includes('LOG_UNAVAILABLE')) process.exit(1);
  const result = await sink.write(request.group);
  if (cells.includes('/die-after-commit')) process.exit(1);
  if (cells.includes('/answer-late')) await new Promise((resolve) => setTimeout(resolve, 1500));
  return result;
}

answerRequests(perform);
