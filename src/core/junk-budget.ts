import { addressBlockOf } from './address-block.js';
import type { JunkCounts } from './ports.js';

const minuteMs = 60_000;

/** A flood can come from any number of blocks: together they get as many rows as this many blocks would. */
const blocksWorth = 20;

/**
 * Rows for calls without a genuine secret: a budget per minute for each address block and for all together. Beyond it a call
 * is counted and has no row, so that a flood of junk cannot fill the log.
 */
export class JunkBudget {
  #minute = 0;
  #rowsLeft = 0;
  readonly #rowsOfBlocks = new Map<string, number>();

  /** @param rowsPerMinute for one block */
  constructor(
    private readonly rowsPerMinute: number,
    private readonly counts: JunkCounts,
  ) {}

  /**
   * Whether such a call has its row. If not, it is counted.
   *
   * @param at epoch milliseconds; of a minute that is over it counts for the one there is
   * @param ip canonical; empty if nobody knows
   * @param reason why it was denied; `null` where it was not
   */
  grantsRow(at: number, ip: string, reason: string | null): boolean {
    this.#turnTo(at - (at % minuteMs));
    const block = addressBlockOf(ip);
    const rows = this.#rowsOfBlocks.get(block) ?? 0;
    if (rows >= this.rowsPerMinute || this.#rowsLeft === 0) {
      this.counts.count(this.#minute, block, reason);
      return false;
    }
    this.#rowsOfBlocks.set(block, rows + 1);
    this.#rowsLeft -= 1;
    return true;
  }

  /** Counts what never became a call, and so has no row. */
  countOnly(at: number, ip: string, reason: string): void {
    this.#turnTo(at - (at % minuteMs));
    this.counts.count(this.#minute, addressBlockOf(ip), reason);
  }

  #turnTo(minute: number): void {
    if (minute <= this.#minute) return;
    this.#minute = minute;
    this.#rowsLeft = this.rowsPerMinute * blocksWorth;
    this.#rowsOfBlocks.clear();
  }
}
