import type { CallOutcome } from '../../../core/call.js';
import type { LogUnavailableError, NewCall } from '../../../core/ports.js';
import { CallGroup, type Answering } from './call-group.js';

/** The calls that are not committed yet, in groups, bounded. It gives the rows their numbers. */
export class CallQueue {
  readonly #nodeId: string;
  readonly #max: number;
  readonly #groups: CallGroup[] = [];
  /** Set while the doors are told that the log is unavailable. */
  #refusal: LogUnavailableError | null = null;
  #taken: CallGroup | null = null;
  #rows = 0;
  #completions = 0;
  #lastSeq = 0;

  /** @param max rows, and completions, that may wait; those being committed count */
  constructor(nodeId: string, max: number) {
    this.#nodeId = nodeId;
    this.#max = max;
  }

  get waitingRows(): number {
    return this.#rows;
  }

  get waitingCompletions(): number {
    return this.#completions;
  }

  get empty(): boolean {
    return this.#taken === null && this.#groups.length === 0;
  }

  /** Whether a group is on its way. */
  get busy(): boolean {
    return this.#taken !== null;
  }

  continueAfter(lastSeq: number): void {
    this.#lastSeq = lastSeq;
  }

  /**
   * @param answer whether the call's answer waits for the row
   * @returns the group that will hold the row, or `null` if there is no room
   */
  add(call: NewCall, answer: Answering): CallGroup | null {
    // A call that is answered without a row has a number all the same, which is then seen to be missing.
    this.#lastSeq += 1;
    if (this.#rows >= this.#max) return null;
    const group = this.#collecting();
    group.add(call, { nodeId: this.#nodeId, seq: this.#lastSeq, answer });
    this.#rows += 1;
    return group;
  }

  /** @returns whether there was room */
  complete(position: number, outcome: CallOutcome): boolean {
    if (this.#completions >= this.#max) return false;
    this.#collecting().complete(position, outcome);
    this.#completions += 1;
    return true;
  }

  /** The oldest group, to be given back by `done` or `putBack`; `null` if there is none or one is on its way. */
  take(): CallGroup | null {
    if (this.#taken !== null) return null;
    this.#taken = this.#groups.shift() ?? null;
    return this.#taken;
  }

  /** Its group is committed. */
  done(group: CallGroup): void {
    this.#taken = null;
    this.#rows -= group.rowCount;
    this.#completions -= group.completionCount;
    if (!group.needsCorrection) return;
    group.becomeCorrections();
    this.#completions += group.completionCount;
    this.#groups.unshift(group);
  }

  putBack(group: CallGroup): void {
    this.#taken = null;
    this.#groups.unshift(group);
    if (this.#refusal !== null) group.refuse(this.#refusal);
  }

  /** Tells everyone who waits that the log is unavailable, and everyone who comes until `accept`. Their rows are kept. */
  refuse(error: LogUnavailableError): void {
    this.#refusal = error;
    this.#taken?.refuse(error);
    for (const group of this.#groups) group.refuse(error);
  }

  accept(): void {
    this.#refusal = null;
  }

  /**
   * Sees whether the group whose commit failed was committed all the same.
   *
   * @param committedSeq the last number the database holds of this node
   */
  reconcile(committedSeq: number): void {
    const [oldest] = this.#groups;
    if (oldest === undefined || !oldest.hasLanded(committedSeq)) return;
    this.#rows -= oldest.rowCount;
    this.#completions -= oldest.completionCount;
    oldest.becomeCorrections();
    this.#completions += oldest.completionCount;
  }

  #collecting(): CallGroup {
    const last = this.#groups.at(-1);
    if (last?.open && last.refused === (this.#refusal !== null)) return last;
    const group = new CallGroup();
    if (this.#refusal !== null) group.refuse(this.#refusal);
    this.#groups.push(group);
    return group;
  }
}
