import { columnIndex, positionsPerMs, rowWidth, type Cell } from './call-columns.js';

/** What the rows of one group add to a secret's usage. */
export interface SecretUse {
  readonly secretId: string;
  readonly keyId: Cell;
  readonly accountId: Cell;
  calls: number;
  deniedCalls: number;
  lastUsedAt: number;
  lastUsedIp: Cell;
  lastUsedUserAgent: Cell;
}

/** What is kept of a group beside its rows. */
export interface GroupSummary {
  readonly lastSeq: number;
  readonly lastPosition: number;
  /** Milliseconds by which a row's position is ahead of its `at`, at most: more than 0 if the clock was set back. */
  readonly maxSkewMs: number;
  /** One per secret, by id: every node takes its row locks in the same order, so that two never deadlock. */
  readonly uses: readonly SecretUse[];
}

const position = columnIndex('position');
const seq = columnIndex('seq');
const at = columnIndex('at');
const accountId = columnIndex('accountId');
const keyId = columnIndex('keyId');
const secretId = columnIndex('secretId');
const decision = columnIndex('decision');
const callerIp = columnIndex('callerIp');
const userAgent = columnIndex('userAgent');

/** @param leftOut first cells of rows that do not count */
export function summarize(cells: readonly Cell[], leftOut?: ReadonlySet<number>): GroupSummary {
  const uses = new Map<string, SecretUse>();
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
    if (cells[row + secretId] !== null) addUse(uses, cells, row);
  }
  return { lastSeq, lastPosition, maxSkewMs, uses: [...uses.values()].sort(bySecretId) };
}

function addUse(uses: Map<string, SecretUse>, cells: readonly Cell[], row: number): void {
  const id = cells[row + secretId] as string;
  let use = uses.get(id);
  if (use === undefined) {
    use = {
      secretId: id,
      keyId: cells[row + keyId] as Cell,
      accountId: cells[row + accountId] as Cell,
      calls: 0,
      deniedCalls: 0,
      lastUsedAt: 0,
      lastUsedIp: null,
      lastUsedUserAgent: null,
    };
    uses.set(id, use);
  }
  use.calls += 1;
  if (cells[row + decision] === 'denied') use.deniedCalls += 1;
  const usedAt = cells[row + at] as number;
  if (usedAt < use.lastUsedAt) return;
  use.lastUsedAt = usedAt;
  use.lastUsedIp = cells[row + callerIp] as Cell;
  use.lastUsedUserAgent = cells[row + userAgent] as Cell;
}

function bySecretId(a: SecretUse, b: SecretUse): number {
  return a.secretId < b.secretId ? -1 : 1;
}
