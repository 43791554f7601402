import { addressBlockOf, everywhereElse } from '../../../core/address-block.js';

/** Names of one kind that are told apart; what comes on top counts under a wider one. */
export const toldApart = 1_000;
/** A name under which something can be counted. */
export interface Rung {
  readonly name: string;
  /** How many names there may be before this one is no longer given out. */
  readonly limit: number;
}

/**
 * Where a caller can be counted, the most exact place first: its address, its block, the place of everybody else.
 *
 * @param apart addresses that are told apart, and as many blocks again
 */
export function callerRungs(ip: string, apart = toldApart): readonly Rung[] {
  return [
    { name: ip, limit: apart },
    { name: addressBlockOf(ip), limit: 2 * apart },
    { name: everywhereElse, limit: Infinity },
  ];
}

/** Where a thing that lies in no block can be counted. */
export function nameRungs(name: string, apart = toldApart): readonly Rung[] {
  return [
    { name, limit: apart },
    { name: everywhereElse, limit: Infinity },
  ];
}

/** Gives out names under which things are counted, so that there are never more than a bound. */
export class Places<R extends Rung> {
  readonly #isTaken: (rung: R) => boolean;
  readonly #given = new Set<string>();
  #count: number;

  /**
   * @param count of the names that are taken already
   * @param isTaken whether this is one of them
   */
  constructor(count: number, isTaken: (rung: R) => boolean) {
    this.#count = count;
    this.#isTaken = isTaken;
  }

  /** How many names are taken by now. */
  get count(): number {
    return this.#count;
  }

  /** The first of these places that is taken already or still free. @param rungs the last of them without a limit */
  take(rungs: readonly R[]): R {
    for (const rung of rungs) {
      if (this.#has(rung)) return rung;
      if (this.#count >= rung.limit) continue;
      this.#given.add(rung.name);
      this.#count += 1;
      return rung;
    }
    throw new Error('The last place is for everybody.');
  }

  #has(rung: R): boolean {
    if (this.#given.has(rung.name)) return true;
    if (!this.#isTaken(rung)) return false;
    this.#given.add(rung.name);
    return true;
  }
}
