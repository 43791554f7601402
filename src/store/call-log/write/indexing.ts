import { callColumns, columnIndex, rowWidth, type Cell } from '../call-columns.js';
import { dayOfPosition, type Day } from '../days/call-day.js';
import { callIndexes, callIndexNames, type CallIndex } from '../days/call-indexes.js';
import type { DayFile } from '../days/day-file.js';
import type { DayFiles } from '../days/day-files.js';
import type { DayIndex } from '../days/day-index.js';
import type { DayIndexes } from '../days/day-indexes.js';
import type { LaterWork } from './later-work.js';

/** Entries that are collected, at most. */
const entriesMax = 100_000;
/** Entries that one step puts in. */
const entriesAtOnce = 200;
/** Entries in one transaction: whoever waits for a row waits while it is committed, and what is in twice does no harm. */
const entriesPerCommit = 1_000;
/** Rows of which all are put into an index in one transaction, where they are read again. */
const rowsAtOnce = 10_000;

const position = columnIndex('position');
const seq = columnIndex('seq');
const cellOf = (index: CallIndex) =>
  callColumns.findIndex(({ name }) => name === callIndexes[index]);
const cells = { account: cellOf('account'), key: cellOf('key'), ip: cellOf('ip') };

/** Has rows found by what is looked for: puts them into the indexes of their days. */
export class Indexing implements LaterWork {
  readonly #nodeId: string;
  readonly #files: DayFiles;
  readonly #indexes: DayIndexes;
  #collected = new Map<Day, Entries>();
  #size = 0;
  /** The node's last number that was put into the index of a day here. */
  readonly #marks = new Map<Day, number>();

  constructor(nodeId: string, files: DayFiles, indexes: DayIndexes) {
    this.#nodeId = nodeId;
    this.#files = files;
    this.#indexes = indexes;
  }

  get isFull(): boolean {
    return this.#size >= entriesMax;
  }

  add(rows: readonly Cell[], leftOut: ReadonlySet<number>): void {
    for (let row = 0; row < rows.length; row += rowWidth) {
      if (leftOut.has(row)) continue;
      const day = dayOfPosition(rows[row + position] as number);
      let entries = this.#collected.get(day);
      if (entries === undefined) this.#collected.set(day, (entries = new Entries()));
      this.#size += entries.add(rows, row);
    }
  }

  begin(): Iterator<void> {
    const collected = this.#collected;
    this.#forget();
    return this.#indexing(collected);
  }

  /** All days are looked at: any of them may have been written to when a process ended. */
  catchUp(): void {
    this.#forget();
    this.#marks.clear();
    for (const day of this.#files.days()) {
      this.#catchUpWith(day);
      this.#indexes.tidy();
      this.#files.tidy();
    }
  }

  abandon(): void {
    this.#forget();
    this.#indexes.rollback();
  }

  #forget(): void {
    this.#collected = new Map();
    this.#size = 0;
  }

  *#indexing(collected: ReadonlyMap<Day, Entries>): Generator<void> {
    for (const [day, entries] of collected) {
      if (this.#fileOf(day) === null) continue;
      const index = this.#indexes.indexFor(day);
      if (index.markOf(this.#nodeId) !== (this.#marks.get(day) ?? 0)) {
        // Another one that was opened meanwhile has put in some, or the file was taken away: the rows know.
        this.#catchUpWith(day);
        continue;
      }
      index.begin();
      let uncommitted = 0;
      for (const put of entries.putInto(index)) {
        yield;
        uncommitted += put;
        if (uncommitted < entriesPerCommit) continue;
        uncommitted = 0;
        index.commit();
        index.begin();
      }
      index.setMark(this.#nodeId, entries.lastSeq);
      index.commit();
      this.#marks.set(day, entries.lastSeq);
    }
    this.#indexes.tidy();
  }

  /** With rows that need an index: `null` where they are gone, or have theirs beside them. */
  #fileOf(day: Day): DayFile | null {
    const file = this.#files.fileOf(day);
    return file?.hasOwnIndexes === false ? file : null;
  }

  #catchUpWith(day: Day): void {
    const file = this.#fileOf(day);
    if (file === null) return;
    const index = this.#indexes.indexFor(day);
    for (const { nodeId, lastSeq } of file.lastSeqs()) {
      const mark = index.markOf(nodeId);
      // What was put in and is not among the rows did not survive a power failure. Its numbers are given out again.
      const after = Math.min(mark, lastSeq);
      if (mark !== lastSeq) putInRows(file.rowsAfter(nodeId, after), index, { nodeId, lastSeq });
      if (nodeId === this.#nodeId) this.#marks.set(day, lastSeq);
    }
  }
}

function putInRows(
  rows: Iterable<Cell[]>,
  index: DayIndex,
  { nodeId, lastSeq }: { nodeId: string; lastSeq: number },
): void {
  let entries = new Entries();
  let count = 0;
  const put = (mark: number) => {
    index.begin();
    for (const _ of entries.putInto(index));
    index.setMark(nodeId, mark);
    index.commit();
    entries = new Entries();
    count = 0;
  };
  for (const row of rows) {
    entries.add(row, 0);
    count += 1;
    if (count === rowsAtOnce) put(entries.lastSeq);
  }
  put(lastSeq);
}

/** Where rows of one day are to be found. Those of the same value follow each other, and touch the same place. */
class Entries {
  readonly #positions = { account: newPositions(), key: newPositions(), ip: newPositions() };
  lastSeq = 0;

  /** @returns how many entries it made */
  add(rows: readonly Cell[], row: number): number {
    this.lastSeq = Math.max(this.lastSeq, rows[row + seq] as number);
    const at = rows[row + position] as number;
    let made = 0;
    for (const index of callIndexNames) {
      const value = rows[row + cells[index]] as string | null;
      if (value === null) continue;
      const known = this.#positions[index].get(value);
      if (known === undefined) this.#positions[index].set(value, [at]);
      else known.push(at);
      made += 1;
    }
    return made;
  }

  /** A little with each step, which says how many it put in. @param index in a transaction */
  *putInto(index: DayIndex): Generator<number> {
    for (const name of callIndexNames)
      for (const [value, positions] of this.#positions[name])
        for (let from = 0; from < positions.length; from += entriesAtOnce) {
          const some = positions.slice(from, from + entriesAtOnce);
          index.add(name, value, some);
          yield some.length;
        }
  }
}

const newPositions = () => new Map<string, number[]>();
