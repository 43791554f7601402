import { Injectable } from '@nestjs/common';
import { CallSumsStore } from './call-log/read/call-sums.store.js';
import { RotationUsageStore } from './call-log/usage/rotation-usage.store.js';
import { CallsKeptStore } from './calls-kept.store.js';

/** Knows from when on the call log has every row that there ever was. */
@Injectable()
export class LogWholeness {
  constructor(
    private readonly kept: CallsKeptStore,
    private readonly sums: CallSumsStore,
    private readonly rotationUsage: RotationUsageStore,
  ) {}

  /** Epoch milliseconds. @param accountId whose rows; `null`: everybody's */
  async since(accountId: string | null): Promise<number> {
    const removedBefore =
      accountId === null ? await this.kept.wholeSince() : await this.kept.wholeSinceOf(accountId);
    return Math.max(await this.#begunAt(), removedBefore);
  }

  /** A log begins as its tables are made. One that is older than these counters has rows of before. */
  async #begunAt(): Promise<number> {
    const oldestRowAt = (await this.sums.rowsSince()) ?? Infinity;
    return Math.min(oldestRowAt, await this.rotationUsage.countingSince());
  }
}
