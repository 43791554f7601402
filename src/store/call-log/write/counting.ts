import type { Cell } from '../call-columns.js';
import { SummedRows } from './group-summary.js';
import type { SqliteCounters } from './sqlite-counters.js';
import type { WriteTransaction } from './write-transaction.js';

/** Milliseconds for which rows are collected before they are counted. */
const collectMs = 1_000;
/** Counters after which that is long enough, so that no more of them are in memory. */
const countersMax = 50_000;
/** Milliseconds of counting in one go: whoever waits for a row waits that much longer at most. */
const sliceMs = 1;
/** Milliseconds after counting in which others who change the log's own file come to their turn. */
const pauseMs = 100;

/**
 * Counts rows some time after they were committed, those of many groups together. Each key has counters of its own, so a group
 * of calls by many keys touches about as many places in the file as it has rows; together they touch each place once.
 *
 * Rows and counters are in step all the same: one transaction counts and moves the mark up to which rows are counted, and what
 * was not counted when the process ended is counted by the next one, from the rows.
 */
export class Counting {
  readonly #nodeId: string;
  readonly #transaction: WriteTransaction;
  readonly #counters: SqliteCounters;
  readonly #countRows: () => void;
  #collected = new SummedRows();
  /** They wait until what was collected is counted. */
  #waiting: (() => void)[] = [];
  /** Counts what was collected before, within a transaction, a little with each step. */
  #underWay: Iterator<void> | null = null;
  #waitingForIt: (() => void)[] = [];
  #timer: NodeJS.Timeout | null = null;
  #pausedUntil = 0;
  /** The node's last number that was counted here. */
  #countedTo: number;
  /** What was collected went with it: only the rows know. */
  #failed = false;

  /** @param countRows counts what is not counted yet from the rows, within the transaction that is open */
  constructor(
    nodeId: string,
    transaction: WriteTransaction,
    counters: SqliteCounters,
    countRows: () => void,
  ) {
    this.#nodeId = nodeId;
    this.#transaction = transaction;
    this.#counters = counters;
    this.#countRows = countRows;
    this.#countedTo = counters.lastSeqOf(nodeId);
  }

  /** Counts what could not be counted when its time had come. To be called before more is written. @throws the driver's error */
  recover(): void {
    if (this.#failed) this.finish();
  }

  /** Takes rows that were committed. @param leftOut first cells of those that were not */
  add(cells: readonly Cell[], leftOut: ReadonlySet<number>): void {
    this.#collected.add(cells, leftOut);
    if (this.#underWay !== null) return;
    if (this.#collected.counters >= countersMax && performance.now() >= this.#pausedUntil)
      this.#inBackground(() => this.#begin());
    else this.#beginLater();
  }

  /** Resolves once all that was taken by now is counted, or cannot be. */
  counted(): Promise<void> {
    if (this.#isInArrears) {
      const counted = new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#underWay === null) this.#inBackground(() => this.#begin());
      return counted;
    }
    if (this.#underWay === null) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForIt.push(resolve));
  }

  /** Counts all that was taken, at once. @throws the driver's error */
  finish(): void {
    try {
      if (this.#underWay !== null) this.#work(Infinity);
      if (!this.#isInArrears) return;
      this.#begin();
      this.#work(Infinity);
    } catch (error) {
      this.#fail();
      throw error;
    }
  }

  /** Leaves what is not counted to be counted from the rows. */
  stop(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    this.#underWay = null;
    for (const resolve of [...this.#waiting.splice(0), ...this.#waitingForIt.splice(0)]) resolve();
    this.#transaction.rollback();
  }

  get #isInArrears(): boolean {
    return this.#failed || this.#collected.rows > 0;
  }

  #beginLater(): void {
    this.#timer ??= setTimeout(() => this.#inBackground(() => this.#begin()), collectMs);
  }

  #begin(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    this.#transaction.begin();
    // Another one that was opened meanwhile has counted these rows already.
    const isInStep = !this.#failed && this.#counters.lastSeqOf(this.#nodeId) === this.#countedTo;
    this.#underWay = isInStep
      ? this.#counters.adding(this.#nodeId, this.#collected.summary())
      : this.#countingRows();
    this.#waitingForIt = this.#waiting;
    this.#collected = new SummedRows();
    this.#waiting = [];
    setImmediate(() => this.#inBackground(() => this.#goOn()));
  }

  *#countingRows(): Generator<void> {
    yield this.#countRows();
  }

  #goOn(): void {
    if (this.#underWay === null) return;
    if (this.#work(sliceMs)) setImmediate(() => this.#inBackground(() => this.#goOn()));
    else if (this.#waiting.length > 0) this.#begin();
    else if (this.#collected.rows > 0) this.#beginLater();
  }

  /** @returns whether there is more to do */
  #work(milliseconds: number): boolean {
    const until = performance.now() + milliseconds;
    while (this.#underWay?.next().done === false) if (performance.now() >= until) return true;
    this.#countedTo = this.#counters.lastSeqOf(this.#nodeId);
    this.#transaction.commit();
    this.#underWay = null;
    this.#failed = false;
    for (const resolve of this.#waitingForIt.splice(0)) resolve();
    this.#pausedUntil = performance.now() + pauseMs;
    return false;
  }

  /** Nobody waits whom an error could be told: `recover` tells whoever writes next. */
  #inBackground(work: () => void): void {
    try {
      work();
    } catch {
      this.#fail();
    }
  }

  #fail(): void {
    this.#failed = true;
    this.#collected = new SummedRows();
    this.stop();
  }
}
