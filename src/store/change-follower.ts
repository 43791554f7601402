import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Bell } from './bell.js';
import { ChangeFeed, type ChangeReading } from './change-feed.js';
import type { Database } from './database.js';
import type { Lease } from './lease.js';

/** Milliseconds. */
export interface FollowingPace {
  /** Between two readings, where no notification asks for one sooner. */
  readonly pollMs: number;
  /** In which the connection may carry nothing; together with a new connection it stays below the lease. */
  readonly silenceMsMax: number;
  /** Before a lost connection is made anew: the first time, and at most. */
  readonly retryMsMin: number;
  readonly retryMsMax: number;
}

export const usualPace: FollowingPace = {
  pollMs: 250,
  silenceMsMax: 1_500,
  retryMsMin: 50,
  retryMsMax: 1_000,
};

/**
 * Keeps what this node remembers in step with the changes that other nodes make, on PostgreSQL.
 *
 * It is notified of changes, and asks as well, because a notification may be lost. What it reads is applied like a change of
 * its own; only then is the lease renewed, without which the node admits nobody.
 */
export class ChangeFollower implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('ChangeFollower');
  readonly #bell = new Bell();
  #feed: ChangeFeed | null = null;
  /** The last reading that was applied. */
  #applied: ChangeReading | null = null;
  #following: Promise<void> = Promise.resolve();
  #stopped = false;
  #isAway = false;

  constructor(
    private readonly url: string,
    private readonly database: Database,
    private readonly lease: Lease,
    private readonly pace: FollowingPace = usualPace,
  ) {}

  /** A node whose database is away at this moment starts all the same, and admits nobody until it is back. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#step();
    this.#following = this.#follow();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopped = true;
    this.#letGo();
    this.#bell.ring();
    await this.#following;
  }

  async #follow(): Promise<void> {
    const { pollMs, retryMsMin, retryMsMax } = this.pace;
    let retryMs = retryMsMin;
    for (;;) {
      await this.#bell.wait(this.#isAway ? retryMs : pollMs);
      if (this.#stopped) return;
      await this.#step();
      retryMs = this.#isAway ? Math.min(2 * retryMs, retryMsMax) : retryMsMin;
    }
  }

  async #step(): Promise<void> {
    try {
      await this.#confirm();
      this.#tell(false);
    } catch (error) {
      this.#letGo();
      this.#tell(true, error);
    }
  }

  async #confirm(): Promise<void> {
    const { silenceMsMax } = this.pace;
    this.#feed ??= await ChangeFeed.open(this.url, silenceMsMax, () => this.#bell.ring());
    if (this.#stopped) return this.#letGo();
    const sent = this.lease.now();
    const applied = this.lease.holds ? this.#applied : null;
    const reading = await this.#feed.read(applied?.revision ?? null);
    if (applied === null || !this.lease.holds || !continues(applied, reading))
      await this.database.forget('everything', reading.revision);
    else if (reading.revision > applied.revision)
      await this.database.forget(reading.stale, reading.revision);
    this.#applied = reading;
    this.lease.renew(sent);
  }

  #letGo(): void {
    this.#feed?.close();
    this.#feed = null;
  }

  #tell(isAway: boolean, error?: unknown): void {
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (this.#stopped) return;
    if (!isAway) return this.#logger.warn('Changes are followed again');
    const { code, message } = error as { code?: string; message?: string };
    this.#logger.error({ msg: 'Changes cannot be followed', cause: message || code });
  }
}

/** Whether the reading tells all that happened since. Another server, a lower number or a pruned change: nobody knows. */
function continues(applied: ChangeReading, reading: ChangeReading): boolean {
  const { origin, revision, oldest } = reading;
  if (origin !== applied.origin || revision < applied.revision) return false;
  return revision === applied.revision || (oldest !== null && oldest <= applied.revision + 1);
}
