import type { ChainBreak } from '../core/audit-chain-walk.js';
import type { ChainPlace } from '../core/audit-chain.js';
import { wordsOf } from '../core/audit-chain-words.js';
import type { CheckedChain } from '../store/audit-chains.store.js';

/** What `audit verify --json` prints of an account, one line each. */
export interface ChainReport {
  readonly accountId: string;
  readonly intact: boolean;
  readonly events: number;
  readonly firstSeq: number | null;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  readonly head: ChainPlace | null;
  /** Whether it was compared with a head that was kept elsewhere; not where retention has taken that part away since. */
  readonly comparedWithKeptHead: boolean;
  readonly brokenAt: (ChainBreak & { readonly message: string }) | null;
}

export function reportOf(
  accountId: string,
  found: CheckedChain,
  keptHead: ChainPlace | null,
): ChainReport {
  const { events, first, last, head, keptHeadIsPruned } = found;
  return {
    ...{ accountId, intact: found.break === null, events },
    firstSeq: first?.seq ?? null,
    firstAt: first && timeOf(first.at),
    lastAt: last && timeOf(last.at),
    head,
    comparedWithKeptHead: keptHead !== null && !keptHeadIsPruned,
    brokenAt: found.break && { ...found.break, message: wordsOf(found.break) },
  };
}

/** The same for a person. */
export function linesOf(report: ChainReport, keptHead: ChainPlace | null): string {
  const { accountId, events, firstSeq, firstAt, lastAt, head, brokenAt } = report;
  const lines = [
    brokenAt === null ? `${accountId}: intact` : `${accountId}: BROKEN at event ${brokenAt.seq}`,
    ...(brokenAt === null ? [] : [`  ${brokenAt.message}`]),
    `  ${events} events${firstAt === null ? '' : `, ${firstAt} to ${lastAt}`}`,
    ...(firstSeq !== null && firstSeq > 1 && brokenAt === null
      ? [
          `  begins at event ${firstSeq}: retention took the earlier ones away, and an event says so`,
        ]
      : []),
    head === null ? '  no head' : `  head: event ${head.seq}, ${head.digest || 'none yet'}`,
    ...(keptHead === null ? [] : [`  ${comparisonOf(report, keptHead)}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function comparisonOf({ comparedWithKeptHead, intact }: ChainReport, { seq }: ChainPlace): string {
  if (!comparedWithKeptHead)
    return `the head that was kept is of event ${seq}, which retention has taken away since`;
  return intact
    ? `goes on from the head that was kept, of event ${seq}`
    : `compared with the head that was kept, of event ${seq}`;
}

/** Somebody may have put anything there. */
function timeOf(milliseconds: number): string {
  const time = new Date(milliseconds);
  return Number.isNaN(time.getTime()) ? 'no time' : time.toISOString();
}
