import type { CallOutcome } from '../../../core/call.js';
import type { LogUnavailableError, NewCall } from '../../../core/ports.js';
import {
  columnIndex,
  completionWidth,
  outcomeColumns,
  packCall,
  packCompletion,
  rowWidth,
  type Cell,
} from '../call-columns.js';
import type { PackedGroup } from './call-sink.js';

/** Rows, and completions, that one transaction may hold. */
const sizeMax = 1000;

const status = columnIndex('status');
const reason = columnIndex('reason');
const position = columnIndex('position');
const outcomeIndexes = outcomeColumns.map(({ field }) => columnIndex(field as keyof CallOutcome));

/** Whether a call's answer waits for its row, or goes out whatever becomes of the row. */
export type Answering = 'waits' | 'goes out';

/** Calls that are committed together, and the one promise on which all their doors wait. */
export class CallGroup {
  readonly settled: Promise<void>;
  #resolve!: () => void;
  #reject!: (error: LogUnavailableError) => void;
  #cells: Cell[] = [];
  #completions: Cell[] = [];
  /** Where the rows begin whose calls are answered whatever becomes of the log. */
  readonly #answered = new Set<number>();
  #lastSeq = 0;
  #refused = false;
  #sent = false;
  #underWay = false;
  #failed = false;
  #needsCorrection = false;

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

  add(call: NewCall, row: { nodeId: string; seq: number; answer: Answering }): void {
    const at = this.#cells.length;
    packCall(this.#cells, call, row.nodeId, row.seq);
    this.#lastSeq = row.seq;
    if (row.answer === 'goes out') this.#answered.add(at);
    if (this.#refused) this.#markUnanswered(at);
  }

  complete(rowPosition: number, outcome: CallOutcome): void {
    packCompletion(this.#completions, rowPosition, outcome);
  }

  /** What to send. From here on it takes nothing more. */
  pack(): PackedGroup {
    this.#sent = true;
    this.#underWay = true;
    return { cells: this.#cells, completions: this.#completions, salvage: this.#failed };
  }

  /** It could not be committed, and will be tried again. */
  failed(): void {
    this.#underWay = false;
    this.#failed = true;
    // It is sent again as it now is.
    this.#needsCorrection = false;
  }

  committed(): void {
    this.#underWay = false;
    this.#resolve();
  }

  /** Tells the doors that the log is unavailable. Those that wait answer 503, and that is what their rows then say. */
  refuse(error: LogUnavailableError): void {
    if (this.#refused) return;
    this.#refused = true;
    this.#needsCorrection = this.#underWay;
    this.#reject(error);
    for (let row = 0; row < this.#cells.length; row += rowWidth) this.#markUnanswered(row);
  }

  /** Whether its rows were refused after they had been sent, so that what was committed claims another answer. */
  get needsCorrection(): boolean {
    return this.#needsCorrection;
  }

  /** Whether all of it is in a database that holds this node's numbers up to `committedSeq`, whatever was reported. */
  hasLanded(committedSeq: number): boolean {
    return this.rowCount > 0 && this.#lastSeq <= committedSeq;
  }

  /** Its rows are in the database: turns them into completions, which say what the doors really answered. */
  becomeCorrections(): void {
    const corrections: Cell[] = [];
    for (let row = 0; this.#refused && row < this.#cells.length; row += rowWidth) {
      for (const index of outcomeIndexes) corrections.push(this.#cells[row + index] as Cell);
      corrections.push(this.#cells[row + position] as Cell);
    }
    this.#completions = [...corrections, ...this.#completions];
    this.#cells = [];
    this.#needsCorrection = false;
  }

  #markUnanswered(row: number): void {
    if (this.#answered.has(row)) return;
    this.#cells[row + status] = 503;
    this.#cells[row + reason] = 'LOG_UNAVAILABLE';
  }
}
