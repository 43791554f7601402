import { columnIndex, positionsPerMs, rowWidth, type Cell } from '../call-columns.js';
import { Usage } from '../usage/usage.js';
import { RotationUses, type RotationUse } from '../usage/rotation-use.js';

/** What is kept of rows of one node beside themselves. */
export interface GroupSummary {
  readonly lastSeq: number;
  readonly lastPosition: number;
  /** Milliseconds by which a row's position is ahead of its `at`, at most: more than 0 if the clock was set back. */
  readonly maxSkewMs: number;
  readonly usage: Usage;
  /** Calls with a secret of a watched rotation. */
  readonly rotationUses: readonly RotationUse[];
}

const position = columnIndex('position');
const seq = columnIndex('seq');
const at = columnIndex('at');
const secretId = columnIndex('secretId');
const rotationId = columnIndex('rotationId');

/** Sums up rows of one node, of one group or of many. */
export class SummedRows {
  readonly #usage = new Usage();
  readonly #rotationUses = new RotationUses();
  #rows = 0;
  #lastSeq = 0;
  #lastPosition = 0;
  #maxSkewMs = 0;

  /** How many were added. */
  get rows(): number {
    return this.#rows;
  }

  /** How many counters they add to, of those of which there can be many. */
  get counters(): number {
    return this.#usage.size;
  }

  /** @param leftOut first cells of rows that do not count */
  add(cells: readonly Cell[], leftOut?: ReadonlySet<number>): void {
    this.#rows += cells.length / rowWidth;
    for (let row = 0; row < cells.length; row += rowWidth) {
      // A number that was given stays given, whatever becomes of its row.
      this.#lastSeq = Math.max(this.#lastSeq, cells[row + seq] as number);
      if (leftOut?.has(row)) continue;
      const rowPosition = cells[row + position] as number;
      this.#lastPosition = Math.max(this.#lastPosition, rowPosition);
      this.#maxSkewMs = Math.max(
        this.#maxSkewMs,
        Math.floor(rowPosition / positionsPerMs) - (cells[row + at] as number),
      );
      if (cells[row + secretId] === null) continue;
      this.#usage.add(cells, row);
      if (cells[row + rotationId] !== null) this.#rotationUses.add(cells, row);
    }
  }

  summary(): GroupSummary {
    return {
      ...{ lastSeq: this.#lastSeq, lastPosition: this.#lastPosition, maxSkewMs: this.#maxSkewMs },
      usage: this.#usage,
      rotationUses: this.#rotationUses.sorted(),
    };
  }
}

/** @param leftOut first cells of rows that do not count */
export function summarize(cells: readonly Cell[], leftOut?: ReadonlySet<number>): GroupSummary {
  const summed = new SummedRows();
  summed.add(cells, leftOut);
  return summed.summary();
}
