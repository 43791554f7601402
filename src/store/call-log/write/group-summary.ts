import { columnIndex, positionsPerMs, rowWidth, type Cell } from '../call-columns.js';
import { GroupUses, type GroupUsage } from '../usage/group-usage.js';
import { RotationUses, type RotationUse } from '../usage/rotation-use.js';

/** What is kept of a group beside its rows. */
export interface GroupSummary {
  readonly lastSeq: number;
  readonly lastPosition: number;
  /** Milliseconds by which a row's position is ahead of its `at`, at most: more than 0 if the clock was set back. */
  readonly maxSkewMs: number;
  readonly usage: GroupUsage;
  /** Calls with a secret of a watched rotation. */
  readonly rotationUses: readonly RotationUse[];
}

const position = columnIndex('position');
const seq = columnIndex('seq');
const at = columnIndex('at');
const secretId = columnIndex('secretId');
const rotationId = columnIndex('rotationId');

/** @param leftOut first cells of rows that do not count */
export function summarize(cells: readonly Cell[], leftOut?: ReadonlySet<number>): GroupSummary {
  const uses = new GroupUses();
  const rotationUses = new RotationUses();
  let lastSeq = 0;
  let lastPosition = 0;
  let maxSkewMs = 0;
  for (let row = 0; row < cells.length; row += rowWidth) {
    // A number that was given stays given, whatever becomes of its row.
    lastSeq = Math.max(lastSeq, cells[row + seq] as number);
    if (leftOut?.has(row)) continue;
    const rowPosition = cells[row + position] as number;
    lastPosition = Math.max(lastPosition, rowPosition);
    maxSkewMs = Math.max(
      maxSkewMs,
      Math.floor(rowPosition / positionsPerMs) - (cells[row + at] as number),
    );
    if (cells[row + secretId] === null) continue;
    uses.add(cells, row);
    if (cells[row + rotationId] !== null) rotationUses.add(cells, row);
  }
  return {
    ...{ lastSeq, lastPosition, maxSkewMs },
    usage: uses.collected(),
    rotationUses: rotationUses.sorted(),
  };
}
