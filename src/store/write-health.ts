import { isDatabaseAway } from './database-failure.js';

const probeMs = 1_000;

/**
 * Whether the embedded database took what was last written to it. Where it did not, a write that changes nothing is tried until
 * one succeeds: who is told to stay away from a node cannot be the one who finds out that it is well again.
 */
export class WriteHealth {
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param probe writes, by the way of every other write, so that its outcome is told here as well */
  constructor(private readonly probe: () => Promise<unknown>) {}

  get isFailing(): boolean {
    return this.#isFailing;
  }

  succeeded(): void {
    this.#isFailing = false;
  }

  /** @param error counts only if it is the database's own */
  failed(error: unknown): void {
    if (!isDatabaseAway(error)) return;
    this.#isFailing = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#tryAgain(), probeMs).unref();
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.probe();
    } catch {
      // It was told like every other write.
    }
  }
}
