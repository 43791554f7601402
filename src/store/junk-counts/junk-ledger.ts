import { everywhereElse } from '../../core/address-block.js';
import type { JunkCounts } from '../../core/ports.js';
import type { JunkCount, JunkCountsStore } from './junk-counts.store.js';

/** Blocks and reasons told apart within one minute; what comes on top is counted under `everywhereElse`. */
const countsPerMinuteMax = 1_000;
/** Places told apart while the storage cannot be written to; from then on a minute has one for each reason. */
const placesWaitingMax = 20_000;
const saveEveryMs = 1_000;
const pruneEveryMs = 3_600_000;
const keptMs = 90 * 86_400_000;
const minutesRemovedAtOnce = 5;

interface OpenCount extends JunkCount {
  calls: number;
  /** What of it is saved. */
  saved: number;
}

/**
 * Counts in memory, and saves once a second what has changed: a flood costs the storage no more than a trickle. A count is
 * saved as the total of this process, so that saving it again changes nothing; what was counted in the last second before a
 * crash is lost.
 */
export class JunkLedger implements JunkCounts {
  readonly #counts = new Map<string, OpenCount>();
  #minute = 0;
  #countsOfMinute = 0;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();
  #prunedAt = 0;
  #healthy = true;

  /** @param onStateChange told when the counts cannot be saved, and when they can be again */
  constructor(
    private readonly store: JunkCountsStore,
    private readonly onStateChange: (healthy: boolean, error?: Error) => void = () => {},
  ) {}

  /** @param minute never before the last one: a minute that is over may have been saved and let go */
  count(minute: number, block: string, reason: string | null): void {
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#countsOfMinute = 0;
    }
    const isFull =
      this.#countsOfMinute >= countsPerMinuteMax || this.#counts.size >= placesWaitingMax;
    const count =
      this.#find(minute, block, reason) ??
      (isFull ? this.#find(minute, everywhereElse, reason) : undefined) ??
      this.#open(minute, isFull ? everywhereElse : block, reason);
    count.calls += 1;
    this.#timer ??= setTimeout(() => void this.#save(), saveEveryMs).unref();
  }

  /** Saves what waits. */
  async stop(): Promise<void> {
    await this.#save();
    clearTimeout(this.#timer);
  }

  #find(minute: number, block: string, reason: string | null): OpenCount | undefined {
    return this.#counts.get(nameOf(minute, block, reason));
  }

  #open(minute: number, block: string, reason: string | null): OpenCount {
    const count = { minute, block, reason, calls: 0, saved: 0 };
    this.#counts.set(nameOf(minute, block, reason), count);
    this.#countsOfMinute += 1;
    return count;
  }

  /** One save at a time. */
  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saving = this.#saving.then(() => this.#saveChanged());
    return this.#saving;
  }

  async #saveChanged(): Promise<void> {
    const changed = [...this.#counts.values()].filter((count) => count.calls > count.saved);
    const told = changed.map(({ minute, block, reason, calls }) => ({
      ...{ minute, block, reason, calls },
    }));
    try {
      await this.store.save(told);
      await this.#prune();
      this.#tell(true);
    } catch (error) {
      this.#tell(false, error as Error);
      this.#timer ??= setTimeout(() => void this.#save(), saveEveryMs).unref();
      return;
    }
    changed.forEach((count, i) => (count.saved = told[i]?.calls ?? 0));
    for (const [name, { minute, calls, saved }] of this.#counts) {
      if (minute !== this.#minute && calls === saved) this.#counts.delete(name);
    }
  }

  async #prune(): Promise<void> {
    if (this.#minute - this.#prunedAt < pruneEveryMs) return;
    // Some with each save, until nothing is left to remove: it is done on the thread that answers calls.
    for (let removed = 0; removed < minutesRemovedAtOnce; removed += 1) {
      if (await this.store.removeOldest(this.#minute - keptMs)) continue;
      this.#prunedAt = this.#minute;
      return;
    }
  }

  #tell(healthy: boolean, error?: Error): void {
    if (healthy === this.#healthy) return;
    this.#healthy = healthy;
    this.onStateChange(healthy, error);
  }
}

function nameOf(minute: number, block: string, reason: string | null): string {
  return `${minute} ${block} ${reason ?? ''}`;
}
