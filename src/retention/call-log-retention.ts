import { ApiKeysStore } from '../store/api-keys.store.js';
import type { CallsKeptStore } from '../store/calls-kept.store.js';
import { inPages } from '../store/in-pages.js';
import { inPieces, type Pruner, type Removed } from './pruner.js';
import type { RetentionTerms } from './retention-terms.js';

/** What can be taken out of the call log. Times are epoch milliseconds, and only what is older goes. */
export interface PrunableCallLog {
  /** Drops whole days, of everybody at once. */
  dropDays(before: number): Promise<{ readonly days: number }>;
  /** @param accountId `null`: calls for which no key was found. @returns how many went; if as many as `limit`, ask again */
  deleteCalls(accountId: string | null, before: number, limit: number): Promise<number>;
  /** Counters by the hour; likewise. */
  deleteHours(keyIds: readonly string[], before: number, limit: number): Promise<number>;
  /** Callers, routes and scopes that a key was last used with before; likewise. */
  deleteUses(keyIds: readonly string[], before: number, limit: number): Promise<number>;
}

/** How far back its rows go. */
export interface DatedCallLog {
  /** Epoch milliseconds at which the day of the oldest row begins; `null`: there is none. */
  rowsSince(): Promise<number | null>;
  /** Epoch milliseconds at which its counters began. */
  countingSince(): Promise<number>;
}

const rowsPerPiece = 1_000;

/**
 * Takes old calls and counters away. Days that nobody keeps any more are dropped as a whole; row by row goes only what accounts
 * keep for a shorter time than the longest.
 */
export class CallRetention implements Pruner {
  readonly name = 'calls';

  constructor(
    private readonly terms: RetentionTerms,
    private readonly callLog: PrunableCallLog,
    private readonly dated: DatedCallLog,
    private readonly kept: CallsKeptStore,
  ) {}

  async isDue(now: number): Promise<boolean> {
    const oldest = (await this.dated.rowsSince()) ?? Infinity;
    return oldest < (await this.terms.latest(now, 'retentionDaysCalls'));
  }

  async *prune(now: number): AsyncGenerator<Removed> {
    const earliest = await this.terms.earliest(now, 'retentionDaysCalls');
    const oldest = (await this.dated.rowsSince()) ?? Infinity;
    if (oldest < earliest) await this.kept.noteRemoval('everybody', earliest);
    const { days } = await this.callLog.dropDays(earliest);
    yield { accountId: null, what: 'days of calls', count: days };
    const usual = this.terms.usual(now, 'retentionDaysCalls');
    if (usual > earliest && oldest < usual) yield* this.#callsOf(null, usual);
    for await (const { accountId, before } of this.terms.accountsAt(now, 'retentionDaysCalls'))
      if (before > earliest && oldest < before) yield* this.#callsOf(accountId, before);
  }

  async *#callsOf(accountId: string | null, before: number): AsyncGenerator<Removed> {
    await this.kept.noteRemoval(accountId === null ? 'nobody' : { accountId }, before);
    yield* inPieces({ accountId, what: 'calls' }, rowsPerPiece, (limit) =>
      this.callLog.deleteCalls(accountId, before, limit),
    );
  }
}

/** The counters of what keys are used for. */
export class CounterRetention implements Pruner {
  readonly name = 'counters';

  constructor(
    private readonly terms: RetentionTerms,
    private readonly keys: ApiKeysStore,
    private readonly callLog: PrunableCallLog,
    private readonly dated: DatedCallLog,
  ) {}

  async isDue(now: number): Promise<boolean> {
    const latest = await this.terms.latest(now, 'retentionDaysCounters');
    const rowsSince = (await this.dated.rowsSince()) ?? Infinity;
    return Math.min(rowsSince, await this.dated.countingSince()) < latest;
  }

  async *prune(now: number): AsyncGenerator<Removed> {
    for await (const { accountId, before } of this.terms.accountsAt(now, 'retentionDaysCounters')) {
      const pages = inPages(
        (limit, after: string | null) => this.keys.idsOf(accountId, limit, after),
        (id) => id,
      );
      for await (const keyIds of pages) {
        yield* inPieces({ accountId, what: 'hours' }, rowsPerPiece, (limit) =>
          this.callLog.deleteHours(keyIds, before, limit),
        );
        yield* inPieces({ accountId, what: 'uses' }, rowsPerPiece, (limit) =>
          this.callLog.deleteUses(keyIds, before, limit),
        );
      }
    }
  }
}
