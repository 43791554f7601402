import type { Cell } from '../call-columns.js';
import { SummedRows } from './group-summary.js';
import type { LaterWork } from './later-work.js';
import type { SqliteCounters } from './sqlite-counters.js';
import type { WriteTransaction } from './write-transaction.js';

/** Counters that are collected, at most. */
const countersMax = 50_000;

/**
 * Adds rows to the counters. One transaction counts and moves the mark up to which rows are counted, so that rows and counters are
 * in step whenever the process ends.
 */
export class Counting implements LaterWork {
  readonly #nodeId: string;
  readonly #transaction: WriteTransaction;
  readonly #counters: SqliteCounters;
  readonly #countRows: () => void;
  #collected = new SummedRows();
  /** The node's last number that was counted here. */
  #countedTo: number;

  /**
   * @param transaction of the log's own file
   * @param countRows counts what is not counted yet from the rows, within the transaction that is open
   */
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

  get isFull(): boolean {
    return this.#collected.counters >= countersMax;
  }

  add(cells: readonly Cell[], leftOut: ReadonlySet<number>): void {
    this.#collected.add(cells, leftOut);
  }

  begin(): Iterator<void> {
    this.#transaction.begin();
    const collected = this.#collected;
    this.#collected = new SummedRows();
    // Another one that was opened meanwhile has counted these rows already.
    const isInStep = this.#counters.lastSeqOf(this.#nodeId) === this.#countedTo;
    if (!isInStep) this.#countRows();
    return this.#counting(isInStep ? collected : new SummedRows());
  }

  catchUp(): void {
    this.#collected = new SummedRows();
    this.#transaction.run(this.#countRows);
    this.#countedTo = this.#counters.lastSeqOf(this.#nodeId);
  }

  abandon(): void {
    this.#collected = new SummedRows();
    this.#transaction.rollback();
  }

  *#counting(collected: SummedRows): Generator<void> {
    if (collected.rows > 0) yield* this.#counters.adding(this.#nodeId, collected.summary());
    this.#countedTo = this.#counters.lastSeqOf(this.#nodeId);
    this.#transaction.commit();
  }
}
