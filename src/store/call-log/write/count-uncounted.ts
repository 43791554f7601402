import type { Cell } from '../call-columns.js';
import type { Day } from '../days/call-day.js';
import type { NotedGroup } from '../days/day-file.js';
import type { DayFiles } from '../days/day-files.js';
import { summarize } from './group-summary.js';
import type { SqliteCounters } from './sqlite-counters.js';

/** Rows that are summed up in one go. */
const rowsAtOnce = 1_000;

/**
 * Counts the rows that are in the days' files and not in the counters: a group's rows are committed first, and the process may
 * have ended before they were counted. A group that is not in all of its files was never acknowledged, and is taken out.
 *
 * @param counters within a transaction that is open
 */
export function countUncounted(files: DayFiles, counters: SqliteCounters): void {
  for (const [nodeId, { days, groups }] of uncounted(files, counters)) {
    counters.markOf(nodeId);
    const whole = groups.filter((group) => {
      const found = days.map((day) => files.fileOf(day)?.countRowsOf(group) ?? 0);
      return found.reduce((sum, rows) => sum + rows, 0) === group.rows;
    });
    for (const group of groups)
      if (!whole.includes(group)) for (const day of days) files.fileOf(day)?.remove(group);
    // All are looked for beyond the same number, because the days take turns in a group that is in several.
    const after = counters.lastSeqOf(nodeId);
    for (const day of days) countDay(files, counters, { nodeId, day, after });
    for (const { lastSeq } of whole) counters.moveMark(nodeId, lastSeq);
  }
}

interface UncountedOfNode {
  /** In which there are rows or groups of it, the earliest first. */
  readonly days: Day[];
  readonly groups: NotedGroup[];
}

function uncounted(files: DayFiles, counters: SqliteCounters): Map<string, UncountedOfNode> {
  const nodes = new Map<string, UncountedOfNode>();
  const ofNode = (nodeId: string): UncountedOfNode => {
    const known = nodes.get(nodeId) ?? { days: [], groups: [] };
    nodes.set(nodeId, known);
    return known;
  };
  const isBeyond = ({ nodeId, lastSeq }: { nodeId: string; lastSeq: number }) =>
    lastSeq > counters.lastSeqOf(nodeId);
  for (const day of files.days()) {
    const file = files.fileOf(day);
    if (file === null) continue;
    const groups = file.groups().filter(isBeyond);
    const rows = file.lastSeqs().filter(isBeyond);
    for (const nodeId of new Set([...groups, ...rows].map((one) => one.nodeId)))
      ofNode(nodeId).days.push(day);
    for (const group of groups) {
      const known = ofNode(group.nodeId).groups;
      if (!known.some(({ lastSeq }) => lastSeq === group.lastSeq)) known.push(group);
    }
    files.tidy();
  }
  return nodes;
}

function countDay(
  files: DayFiles,
  counters: SqliteCounters,
  { nodeId, day, after }: { nodeId: string; day: Day; after: number },
): void {
  let cells: Cell[] = [];
  let rows = 0;
  const count = () => {
    if (rows > 0) counters.add(nodeId, summarize(cells));
    cells = [];
    rows = 0;
  };
  for (const row of files.fileOf(day)?.rowsAfter(nodeId, after) ?? []) {
    cells.push(...row);
    rows += 1;
    if (rows === rowsAtOnce) count();
  }
  count();
  files.tidy();
}
