import type { Caller } from '../../access/guard/caller.js';

/** Who wants a register. */
export interface RegisterReader {
  readonly caller: Caller;
  /** Asked again and again while it is made: a register does not outlive its reader's key. */
  readonly stillAdmitted: () => Promise<boolean>;
}

/** A register as text, piece by piece. An empty piece is no text: rows were read, and whoever waits gets a turn. */
export type RegisterText = AsyncGenerator<string, void>;
