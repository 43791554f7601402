import { Bell } from './bell.js';
import type { Change, Database } from './database.js';

/** A bell that is rung for what a change has put in, once that is committed on this node. */
export class CommitBell extends Bell {
  /** The changes under way that have put something in. */
  readonly #putIn = new Set<number>();

  constructor(database: Database) {
    super();
    database.onChange((_stale, revision) => {
      if (this.#putIn.delete(revision)) this.ring();
    });
  }

  ringAfter({ revision }: Change): void {
    this.#putIn.add(revision);
  }
}
