import { positionsPerMs } from '../call-columns.js';
import { InvalidCursorError } from './call-cursor.js';

/** Milliseconds after which a node's last row is left out of a cursor. No row is written so long after its call arrived. */
const quietMsMax = 86_400_000;
/** The same, in positions. */
export const quietPositions = quietMsMax * positionsPerMs;
const nodesMax = 1_000;

/** How far a node has come. */
export interface NodePlace {
  readonly nodeId: string;
  /** Of its last row. */
  readonly seq: number;
  readonly position: number;
}

/** Where a reader of the log's end stands: after which row of each node. */
export interface TailPlace {
  readonly seqs: ReadonlyMap<string, number>;
  /** A node without a number here had no row beyond this position. */
  readonly quietBefore: number;
}

/** Nodes come and go with their processes: those that have been quiet for a day are told by their positions alone. */
export function quietBefore(nodes: readonly NodePlace[]): number {
  const latest = Math.max(0, ...nodes.map(({ position }) => position));
  return Math.max(0, latest - quietPositions);
}

export function encodeTailPlace({ seqs, quietBefore }: TailPlace): string {
  return Buffer.from(JSON.stringify([quietBefore, ...seqs])).toString('base64url');
}

/** @throws InvalidCursorError */
export function decodeTailPlace(cursor: string): TailPlace {
  try {
    const [quietBefore, ...seqs] = JSON.parse(
      Buffer.from(cursor, 'base64url').toString(),
    ) as unknown[];
    if (isCount(quietBefore) && seqs.length <= nodesMax && seqs.every(isNodeSeq))
      return { quietBefore, seqs: new Map(seqs) };
  } catch {
    // Told below, like every other text that is no cursor.
  }
  throw new InvalidCursorError('The cursor is not one that this log gave out.');
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isNodeSeq(value: unknown): value is [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [nodeId, seq] = value as unknown[];
  return typeof nodeId === 'string' && /^[^\0]{1,128}$/.test(nodeId) && isCount(seq);
}
