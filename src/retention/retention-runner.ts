import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from '../core/ports.js';
import { Bell } from '../store/bell.js';
import { CLOCK } from '../store/tokens.js';
import { Turns, type Turn } from '../store/turns.js';
import type { Pruner } from './pruner.js';
import { RemovalTally } from './removal-tally.js';
import { RETENTION_SURROUNDINGS, type RetentionSurroundings } from './surroundings.js';

export const PRUNERS = Symbol('Pruners');

/** Any number that nothing else locks; these are the letters of "latchret". */
const retentionLock = '7809651199224604020';

/**
 * Takes away what is past its time, at the start and then once an hour. Of several nodes one does it, and the others see that it
 * is being done. What a run is killed in the middle of is gone on with by the next.
 */
@Injectable()
export class RetentionRunner implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Retention');
  readonly #bell = new Bell();
  /** Parts that did not come to an end the last time. */
  readonly #failing = new Set<string>();
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    @Inject(PRUNERS) private readonly pruners: readonly Pruner[],
    private readonly turns: Turns,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RETENTION_SURROUNDINGS) private readonly surroundings: RetentionSurroundings,
  ) {}

  onApplicationBootstrap(): void {
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stop.abort();
    this.#bell.ring();
    await this.#running;
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#attempt('turn', () => this.#round());
      if (!this.#stopped) await this.#bell.wait(this.surroundings.everyMs);
    }
  }

  async #round(): Promise<void> {
    // One moment for all of a run: what comes to its end meanwhile is the next one's.
    const now = this.clock.now();
    const due: Pruner[] = [];
    for (const pruner of this.pruners)
      if (!this.#stopped && (await this.#isDue(pruner, now))) due.push(pruner);
    if (due.length === 0) return;
    const turn = await this.turns.take(retentionLock);
    if (turn === null) return;
    try {
      for (const pruner of due)
        if (!this.#stopped) await this.#attempt(pruner.name, () => this.#prune(pruner, now, turn));
    } finally {
      await turn.end();
    }
  }

  async #isDue(pruner: Pruner, now: number): Promise<boolean> {
    try {
      return await pruner.isDue(now);
    } catch (error) {
      this.#tellFailure(pruner.name, error);
      return false;
    }
  }

  async #prune(pruner: Pruner, now: number, turn: Turn): Promise<void> {
    const tally = new RemovalTally(pruner.name, this.surroundings.progressMs, (line) =>
      this.#logger.warn(line),
    );
    try {
      for await (const removed of pruner.prune(now, this.#stop.signal)) {
        tally.take(removed);
        if (this.#stopped) return;
        if (!turn.isHeld) throw new Error('another node may be at it by now');
        await this.#pause(removed.count);
      }
    } finally {
      tally.end();
    }
  }

  /** A stop is not waited out. */
  async #pause(removed: number): Promise<void> {
    // On SQLite nothing so far had to wait: whoever else calls gets a turn.
    if (removed === 0) await new Promise((resolve) => setImmediate(resolve));
    else await this.#bell.wait(this.surroundings.pauseMs);
  }

  /** One part's failure is its own, and is told once until it goes well again. */
  async #attempt(part: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#failing.delete(part)) this.#logger.warn({ msg: 'Retention works again', part });
    } catch (error) {
      this.#tellFailure(part, error);
    }
  }

  #tellFailure(part: string, error: unknown): void {
    if (this.#stopped || this.#failing.has(part)) return;
    this.#failing.add(part);
    const { code, message } = error as { code?: string; message?: string };
    this.#logger.error({ msg: 'Retention does not work', part, cause: code || message });
  }
}
