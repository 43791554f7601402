import type { DatedCallLog, PrunableCallLog } from '../../src/retention/call-log-retention.js';

const dayMs = 86_400_000;

/** Something in the log, with its time in epoch milliseconds. */
export interface KeptRow {
  readonly owner: string | null;
  readonly at: number;
}

/** A call log that keeps its rows in memory, and of which days can be dropped and rows deleted. */
export class KeptCallLog implements PrunableCallLog, DatedCallLog {
  /** Owned by accounts. */
  calls: KeptRow[] = [];
  /** Owned by keys. */
  hours: KeptRow[] = [];
  uses: KeptRow[] = [];

  async rowsSince(): Promise<number | null> {
    const oldest = Math.min(...this.calls.map(({ at }) => at));
    return oldest === Infinity ? null : oldest - (oldest % dayMs);
  }

  async countingSince(): Promise<number> {
    return 0;
  }

  async dropDays(before: number): Promise<{ days: number }> {
    const kept = this.calls.filter(({ at }) => (Math.floor(at / dayMs) + 1) * dayMs > before);
    const gone = new Set(
      this.calls.filter((row) => !kept.includes(row)).map(({ at }) => Math.floor(at / dayMs)),
    );
    this.calls = kept;
    return { days: gone.size };
  }

  deleteCalls(accountId: string | null, before: number, limit: number): Promise<number> {
    return this.#delete('calls', [accountId], before, limit);
  }

  deleteHours(keyIds: readonly string[], before: number, limit: number): Promise<number> {
    return this.#delete('hours', keyIds, before, limit);
  }

  deleteUses(keyIds: readonly string[], before: number, limit: number): Promise<number> {
    return this.#delete('uses', keyIds, before, limit);
  }

  async #delete(
    table: 'calls' | 'hours' | 'uses',
    owners: readonly (string | null)[],
    before: number,
    limit: number,
  ): Promise<number> {
    const gone = this[table]
      .filter(({ owner, at }) => owners.includes(owner) && at < before)
      .slice(0, limit);
    this[table] = this[table].filter((row) => !gone.includes(row));
    return gone.length;
  }
}
