import type { CallOutcome } from '../../core/call.js';
import type { LogUnavailableError, NewCall } from '../../core/ports.js';
import {
  columnIndex,
  completionWidth,
  outcomeColumns,
  packCall,
  packCompletion,
  rowWidth,
  type Cell,
} from './call-columns.js';
import type { PackedGroup } from './call-sink.js';

/** Rows, and completions, that one transaction may hold. */
const sizeMax = 1000;

const status = columnIndex('status');
const reason = columnIndex('reason');
const position = columnIndex('position');
const outcomeIndexes = outcomeColumns.map(({ field }) => columnIndex(field as keyof CallOutcome));

/** Calls that are committed together, and the one promise on which all their doors wait. */
export class CallGroup {
  readonly settled: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: LogUnavailableError) => void;
  #cells: Cell[] = [];
  #completions: Cell[] = [];
  #lastSeq = 0;
  #refused = false;
  #sent = false;
  #failed = false;

  constructor() {
    this.settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // A door may have gone away without looking.
    this.settled.catch(() => {});
  }

  get rowCount(): number {
    return this.#cells.length / rowWidth;
  }

  get completionCount(): number {
    return this.#completions.length / completionWidth;
  }

  /** Whether the doors were told that the log is unavailable, so that no row here may claim an answer of theirs. */
  get refused(): boolean {
    return this.#refused;
  }

  get open(): boolean {
    return !this.#sent && this.rowCount < sizeMax && this.completionCount < sizeMax;
  }

  add(call: NewCall, nodeId: string, seq: number): void {
    packCall(this.#cells, call, nodeId, seq);
    this.#lastSeq = seq;
    if (this.#refused) this.#markUnanswered(this.#cells.length - rowWidth);
  }

  complete(rowPosition: number, outcome: CallOutcome): void {
    packCompletion(this.#completions, rowPosition, outcome);
  }

  /** What to send. From here on it takes nothing more. */
  pack(): PackedGroup {
    this.#sent = true;
    return { cells: this.#cells, completions: this.#completions, salvage: this.#failed };
  }

  /** It could not be committed, and will be tried again. */
  failed(): void {
    this.#failed = true;
  }

  committed(): void {
    this.#resolve();
  }

  /** Tells the doors that the log is unavailable. They answer 503, and that is what the rows then say. */
  refuse(error: LogUnavailableError): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#reject(error);
    for (let row = 0; row < this.#cells.length; row += rowWidth) this.#markUnanswered(row);
  }

  /**
   * Its commit was reported as failed and had happened: then its rows are there already, and only what became of them
   * is still to be written.
   *
   * @param committedSeq the last number the database holds of this node
   * @returns the number of rows that need not be written
   */
  dropIfLanded(committedSeq: number): number {
    const landed = this.rowCount;
    if (landed === 0 || this.#lastSeq > committedSeq) return 0;
    const corrections: Cell[] = [];
    for (let row = 0; this.#refused && row < this.#cells.length; row += rowWidth) {
      for (const index of outcomeIndexes) corrections.push(this.#cells[row + index] as Cell);
      corrections.push(this.#cells[row + position] as Cell);
    }
    this.#completions = [...corrections, ...this.#completions];
    this.#cells = [];
    return landed;
  }

  #markUnanswered(row: number): void {
    this.#cells[row + status] = 503;
    this.#cells[row + reason] = 'LOG_UNAVAILABLE';
  }
}
