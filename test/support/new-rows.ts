import { CALL_LOG } from '../../src/store/tokens.js';
import type { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { lookMax, type CallRow, type TestLatchkey } from './latchkey.js';

/** Rows may be handed over just after the answer (management), so one is waited for before it counts as missing. */
const patienceMs = 2_000;
const settleMs = 5;
/** How many rows are looked at first. Each look reads, sends and sweeps its rows anew, and most are for one that came just now. */
export const firstLook = 40;

/**
 * Follows the request log: each `take()` gives the rows since the last one, oldest first, and waits until there are as many as
 * were asked for and nothing more is on its way. So that "exactly one row" can be said of every call.
 */
export class NewRows {
  /** By id: the nodes of one database number their rows each from one. */
  #seen: ReadonlySet<string> = new Set();

  constructor(private readonly latchkey: TestLatchkey) {}

  async take(count: number): Promise<CallRow[]> {
    const until = performance.now() + patienceMs;
    let rows = await this.#since(firstLook);
    while (rows.length < count && performance.now() < until) {
      await settle(settleMs);
      rows = await this.#since(lookMax);
    }
    this.#seen = new Set([...this.#seen, ...rows.map((row) => row['id'] as string)]);
    return rows;
  }

  /** As `take`, for unsafe calls: their rows are there before the call is forwarded, and completed after it was answered. */
  async takeCompleted(count: number): Promise<CallRow[]> {
    const before = this.#seen;
    const until = performance.now() + patienceMs;
    for (;;) {
      const rows = await this.take(count);
      if (rows.every((row) => row['status'] !== null) || performance.now() > until) return rows;
      this.#seen = before;
      await settle(settleMs);
    }
  }

  /** Leaves everything that has happened so far behind. */
  async skip(): Promise<void> {
    await settle(settleMs);
    await this.take(0);
  }

  /** @param limit of a look that is enough if it goes back to rows that were seen before */
  async #since(limit: number): Promise<CallRow[]> {
    const writer = this.latchkey.app.get<CallLogWriter>(CALL_LOG);
    await settle(0);
    while (writer.waitingRows > 0) await settle(1);
    const rows = await this.latchkey.rows('', limit);
    const fresh = rows.filter((row) => !this.#seen.has(row['id']));
    if (fresh.length === rows.length && limit < lookMax) return this.#since(lookMax);
    return fresh.toReversed();
  }
}

function settle(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
