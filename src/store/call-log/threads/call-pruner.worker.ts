import { workerData } from 'node:worker_threads';
import type { CallPruning } from '../prune/call-pruning.js';
import { answerRequests } from './request-thread.js';
import { SqlitePruner } from '../prune/sqlite-pruner.js';

/** What the thread is asked: one of its methods, with what it takes. */
export type PrunerRequest = {
  [Name in keyof CallPruning]: {
    readonly method: Name;
    readonly values: Parameters<CallPruning[Name]>;
  };
}[keyof CallPruning];

// The thread that takes old things out of the log on SQLite.

const pruner: CallPruning = new SqlitePruner(workerData as string);

answerRequests((request: PrunerRequest): unknown => {
  const { method, values } = request;
  return Reflect.apply(pruner[method], pruner, values) as unknown;
});
