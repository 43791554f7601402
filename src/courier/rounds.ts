import { Logger } from '@nestjs/common';
import type { Bell } from '../store/bell.js';

/** Milliseconds. Longer than it takes to send anything, so that only a node that has died loses its claim. */
export const claimMs = 60_000;

/** Looks for what is due, again and again, until it is stopped: whenever a bell rings, and at the latest after a while. */
export class Rounds {
  readonly #logger = new Logger('Courier');
  #running: Promise<void> = Promise.resolve();
  #stopped = false;
  #isFailing = false;

  /**
   * @param sweepMs after which it looks even if nobody has rung
   * @param what is carried, in the plural, as the log calls it
   */
  constructor(
    private readonly bell: Bell,
    private readonly sweepMs: number,
    private readonly what: string,
  ) {}

  /** @param round begins with what is due, and says in how many milliseconds there will be something to do */
  begin(round: () => Promise<number>): void {
    this.#running = this.#run(round);
  }

  /** Begins no other round, and waits for the one that is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.bell.ring();
    await this.#running;
  }

  /** Says in the log that it fails, once until it goes well again. */
  failed(error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { code, message } = error as { code?: string; message?: string };
    this.#logger.error({ msg: `${this.what} cannot be delivered`, cause: code || message });
  }

  async #run(round: () => Promise<number>): Promise<void> {
    while (!this.#stopped) {
      let waitMs = this.sweepMs;
      try {
        waitMs = await round();
        this.#wentWell();
      } catch (error) {
        this.failed(error);
      }
      await this.bell.wait(waitMs);
    }
  }

  #wentWell(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#logger.warn(`${this.what} are delivered again`);
  }
}
