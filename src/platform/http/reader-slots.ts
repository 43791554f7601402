import { ApiError } from '../errors/api-error.js';

/** Bounds how many readers of one kind there are at once, for an account and in all. */
export class ReaderSlots {
  readonly #taken: string[] = [];

  /** @param kind what they are, in the plural */
  constructor(
    private readonly kind: string,
    private readonly perAccountMax: number,
    private readonly max: number,
  ) {}

  /**
   * @returns gives it back
   * @throws ApiError 429
   */
  take(accountId: string): () => void {
    const own = this.#taken.filter((taken) => taken === accountId).length;
    if (own >= this.perAccountMax || this.#taken.length >= this.max)
      throw new ApiError(
        'TOO_MANY_STREAMS',
        `No more than ${this.perAccountMax} ${this.kind} can be open at once for an account, and ${this.max} in all.`,
      );
    this.#taken.push(accountId);
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken.splice(this.#taken.indexOf(accountId), 1);
      isTaken = false;
    };
  }
}
