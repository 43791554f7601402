import { given } from '../../given.js';
import { parseCallLogUrl } from '../call-log-url.js';
import type { CallPruning } from './call-pruning.js';
import type { PrunerRequest } from '../threads/call-pruner.worker.js';
import { PostgresPruner } from './postgres-pruner.js';
import { RequestThread } from '../threads/request-thread.js';

export interface CallLogPrunerOptions {
  /** The built `call-pruner.worker.js`. */
  readonly workerUrl?: URL;
}

/**
 * Takes old things out of the call log, one request after the other: whole days at next to no cost, and single rows for those
 * accounts that keep less. Nothing of it runs on the main thread, and nobody who writes waits for more than some tens of
 * milliseconds. Nothing that is newer than asked for is touched. All times are epoch milliseconds.
 */
export class CallLogPruner {
  readonly #pruning: CallPruning;
  #last: Promise<unknown> = Promise.resolve();

  /** @param url `sqlite:<path>` or `postgres://…`, already migrated */
  constructor(url: string, { workerUrl }: CallLogPrunerOptions = {}) {
    const database = parseCallLogUrl(url);
    const script = workerUrl ?? new URL('../threads/call-pruner.worker.js', import.meta.url);
    this.#pruning =
      database.kind === 'postgres'
        ? new PostgresPruner(database.url)
        : new ThreadedPruning(script, database.path);
  }

  /** Removes the days that lie wholly before, and never today's or yesterday's. */
  async dropDays(beforeMs: number): Promise<{ readonly days: number }> {
    given({ beforeMs });
    return { days: await this.#inTurn(() => this.#pruning.dropDays(beforeMs)) };
  }

  /**
   * Removes calls whose position lies before, the oldest first.
   *
   * @param accountId whose calls, or `null`: those that belong to no account
   * @param limit calls at most
   * @returns how many; fewer than the limit means that there are no more
   */
  async deleteCalls(accountId: string | null, beforeMs: number, limit: number): Promise<number> {
    given({ beforeMs, limit });
    if (accountId !== null) given({ accountId });
    return this.#inTurn(() => this.#pruning.deleteCalls(accountId, beforeMs, limit));
  }

  /** Removes what was counted of these keys in hours that lie wholly before. @returns how many counters; as `deleteCalls` */
  async deleteHours(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    given(keyIds);
    given({ beforeMs, limit });
    return this.#inTurn(() => this.#pruning.deleteHours(keyIds, beforeMs, limit));
  }

  /**
   * Removes callers, routes and scopes of these keys that were last seen before, and gives their places back: whoever comes
   * again is new. @returns how many; as `deleteCalls`
   */
  async deleteUses(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    given(keyIds);
    given({ beforeMs, limit });
    return this.#inTurn(() => this.#pruning.deleteUses(keyIds, beforeMs, limit));
  }

  /** Ends what it holds open, after what is under way. */
  async close(): Promise<void> {
    await this.#inTurn(async () => this.#pruning.close());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** On SQLite: on a thread that is begun when it is first needed. */
class ThreadedPruning implements CallPruning {
  readonly #thread: RequestThread;

  constructor(script: URL, path: string) {
    this.#thread = new RequestThread(script, {
      name: 'the retention of the call log',
      workerData: path,
    });
  }

  dropDays(...values: Parameters<CallPruning['dropDays']>): Promise<number> {
    return this.#ask({ method: 'dropDays', values });
  }

  deleteCalls(...values: Parameters<CallPruning['deleteCalls']>): Promise<number> {
    return this.#ask({ method: 'deleteCalls', values });
  }

  deleteHours(...values: Parameters<CallPruning['deleteHours']>): Promise<number> {
    return this.#ask({ method: 'deleteHours', values });
  }

  deleteUses(...values: Parameters<CallPruning['deleteUses']>): Promise<number> {
    return this.#ask({ method: 'deleteUses', values });
  }

  close(): Promise<void> {
    const last: PrunerRequest = { method: 'close', values: [] };
    return this.#thread.end(last);
  }

  async #ask(request: PrunerRequest): Promise<number> {
    this.#thread.start();
    return (await this.#thread.ask(request)) as number;
  }
}
