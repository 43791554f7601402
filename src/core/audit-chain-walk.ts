import {
  beginningToldBy,
  eventDigest,
  type ChainPlace,
  type DigestedEvent,
} from './audit-chain.js';

/**
 * How a chain is broken at a place:
 *
 * - `altered`: the event is not as it was written; `foreign`: nor is any after it, so they may have been made with another key.
 * - `missing`: events were taken out. `cut_off`: they were the last ones.
 * - `moved`: the event was written as another number. `repeated`: its number is taken.
 * - `unlinked`: the event is genuine, and was written after another one than it stands behind.
 * - `head_missing`, `head_altered`: the record of where the chain ends is gone, or says something else.
 * - `rewritten`: the chain holds, and is another one than the head that was kept elsewhere is of.
 */
export type ChainFault =
  | 'altered'
  | 'foreign'
  | 'missing'
  | 'cut_off'
  | 'moved'
  | 'repeated'
  | 'unlinked'
  | 'head_missing'
  | 'head_altered'
  | 'rewritten';

export interface ChainBreak {
  readonly fault: ChainFault;
  /** The first number at which something is wrong. */
  readonly seq: number;
  /** Where several numbers are meant: the last of them. */
  readonly toSeq?: number;
  /** The event that stands there. */
  readonly eventId?: string;
  /** Of a moved event: the number that it was written as. */
  readonly writtenAs?: number;
}

/** What was found of a chain. */
export interface ChainFinding {
  /** How many events were looked at. */
  readonly events: number;
  readonly first: { readonly seq: number; readonly at: number } | null;
  readonly last: { readonly seq: number; readonly at: number; readonly digest: string } | null;
  /** The head that was kept elsewhere is of a part that retention has taken away since, so it could not be compared. */
  readonly keptHeadIsPruned: boolean;
  readonly break: ChainBreak | null;
}

/** How far from its place a moved event is looked for. */
const movedByMax = 100;

/**
 * Walks along the events of one account's chain, in the order of their numbers, and says where it breaks first. It keeps a few
 * numbers and no events, however long the chain is.
 */
export class ChainWalk {
  #events = 0;
  #first: DigestedEvent | null = null;
  #last: DigestedEvent | null = null;
  #break: ChainBreak | null = null;
  /** Genuine events from the break on; another event of a chain that was made elsewhere would be none either. */
  #genuineSinceBreak = 0;
  /** Where retention says that the rest begins: of what was told, the last that lies before it. */
  #toldBeginning: ChainPlace | null = null;

  /** @param keptHead a head of this chain that was kept elsewhere */
  constructor(
    private readonly key: Buffer,
    private readonly keptHead: ChainPlace | null = null,
  ) {}

  take(event: DigestedEvent): void {
    const isGenuine = fits(event, this.key);
    this.#break ??= this.#judge(event, isGenuine);
    this.#events += 1;
    this.#first ??= event;
    this.#last = event;
    if (!isGenuine) return;
    if (this.#break !== null) this.#genuineSinceBreak += 1;
    const told = beginningToldBy(event);
    const isNearer = told !== null && told.seq > (this.#toldBeginning?.seq ?? 0);
    if (isNearer && told.seq < this.#first.seq) this.#toldBeginning = told;
  }

  /** @param head as the store has it; `null` if it has none */
  end(head: ChainPlace | null): ChainFinding {
    const [first, last] = [this.#first, this.#last];
    return {
      events: this.#events,
      first: first && { seq: first.seq, at: first.at },
      last: last && { seq: last.seq, at: last.at, digest: last.digest },
      keptHeadIsPruned: this.#keptHeadIsPruned(),
      break: this.#atBeginning() ?? this.#alongTheWay() ?? this.#atEnd(head),
    };
  }

  #judge(event: DigestedEvent, isGenuine: boolean): ChainBreak | null {
    const { id: eventId, seq } = event;
    const last = this.#last;
    if (last !== null && seq > last.seq + 1)
      return { fault: 'missing', seq: last.seq + 1, toSeq: seq - 1 };
    if (last !== null && seq <= last.seq) return { fault: 'repeated', seq, eventId };
    if (!isGenuine) return this.#whyNotGenuine(event);
    // A chain that begins later begins where retention says; that is known at the end.
    const begins = last === null && seq > 1;
    if (!begins && event.previousDigest !== (last?.digest ?? ''))
      return { fault: 'unlinked', seq, eventId };
    if (this.keptHead?.seq === seq && this.keptHead.digest !== event.digest)
      return { fault: 'rewritten', seq, eventId };
    return null;
  }

  #whyNotGenuine(event: DigestedEvent): ChainBreak {
    const { id: eventId, seq } = event;
    const from = Math.max(1, seq - movedByMax);
    for (let writtenAs = from; writtenAs <= seq + movedByMax; writtenAs += 1) {
      if (fits({ ...event, seq: writtenAs }, this.key))
        return { fault: 'moved', seq, eventId, writtenAs };
    }
    return { fault: 'altered', seq, eventId };
  }

  #atBeginning(): ChainBreak | null {
    const first = this.#first;
    if (first === null || first.seq <= 1) return null;
    const told = this.#toldBeginning;
    const firstMissing = (told?.seq ?? 0) + 1;
    if (firstMissing < first.seq)
      return { fault: 'missing', seq: firstMissing, toSeq: first.seq - 1 };
    if (told?.digest === first.previousDigest) return null;
    return { fault: 'unlinked', seq: first.seq, eventId: first.id };
  }

  #alongTheWay(): ChainBreak | null {
    const found = this.#break;
    const last = this.#last;
    if (found?.fault !== 'altered' || last === null || this.#genuineSinceBreak > 0) return found;
    return last.seq > found.seq ? { ...found, fault: 'foreign', toSeq: last.seq } : found;
  }

  #atEnd(head: ChainPlace | null): ChainBreak | null {
    const lastSeq = this.#last?.seq ?? 0;
    const lastDigest = this.#last?.digest ?? '';
    const furthest = Math.max(head?.seq ?? 0, this.keptHead?.seq ?? 0);
    if (furthest > lastSeq) return { fault: 'cut_off', seq: lastSeq + 1, toSeq: furthest };
    const first = this.#first;
    const kept = this.keptHead;
    if (kept !== null && kept.seq > 0 && kept.seq + 1 === first?.seq)
      if (kept.digest !== first.previousDigest) return { fault: 'rewritten', seq: kept.seq };
    if (head === null) return { fault: 'head_missing', seq: lastSeq };
    const isThere = head.seq === lastSeq && head.digest === lastDigest;
    return isThere ? null : { fault: 'head_altered', seq: head.seq };
  }

  #keptHeadIsPruned(): boolean {
    const kept = this.keptHead?.seq ?? 0;
    return kept > 0 && this.#first !== null && kept + 1 < this.#first.seq;
  }
}

function fits(event: DigestedEvent, key: Buffer): boolean {
  try {
    return eventDigest(event, key) === event.digest;
  } catch {
    // What is nested too deep to be written out was not written by us.
    return false;
  }
}
