import { groupBy } from '../../group-by.js';
import { callerRungs, nameRungs, Places } from './places.js';

/** What is told apart of the calls of a key: by whom, on what, with which scope. */
export type UseKind = 'caller' | 'route' | 'scope';

/** Some calls together. */
export interface Use {
  calls: number;
  deniedCalls: number;
  /** Epoch milliseconds. */
  firstUsedAt: number;
  lastUsedAt: number;
}

/** Calls of a key that have one name in common. */
export interface KeyUse extends Use {
  readonly keyId: string;
  readonly kind: UseKind;
  /** A caller's address, or its block; a route as `routeName` has it; a scope. `*` for all that are not told apart. */
  readonly name: string;
}

/** How many names of each kind are taken. */
export type PlaceCounts = Readonly<Record<UseKind, number>>;

export const noPlaces: PlaceCounts = { caller: 0, route: 0, scope: 0 };

export interface PlacedUses {
  readonly uses: readonly KeyUse[];
  /** By key. */
  readonly places: ReadonlyMap<string, PlaceCounts>;
}

/**
 * Gives uses that have no row under their own name a place: their own after all, a wider one, or the one for everything else.
 *
 * @param countsOf how many places a key has taken
 * @param isTaken whether a name has a row already
 */
export function placeUses(
  uses: readonly KeyUse[],
  countsOf: (keyId: string) => PlaceCounts,
  isTaken: (place: Pick<KeyUse, 'keyId' | 'kind' | 'name'>) => boolean,
): PlacedUses {
  const placed = new KeyUses();
  const places = new Map<string, PlaceCounts>();
  for (const [keyId, ofKey] of groupBy(uses, (use) => use.keyId)) {
    const counts = { ...countsOf(keyId) };
    for (const [kind, ofKind] of groupBy(ofKey, (use) => use.kind)) {
      const seats = new Places(counts[kind], ({ name }) => isTaken({ keyId, kind, name }));
      for (const use of ofKind) placed.add({ ...use, name: seats.take(rungsOf(use)).name });
      counts[kind] = seats.count;
    }
    places.set(keyId, counts);
  }
  return { uses: placed.all(), places };
}

export function rungsOf({ kind, name }: Pick<KeyUse, 'kind' | 'name'>) {
  return kind === 'caller' ? callerRungs(name) : nameRungs(name);
}

/** Uses of keys, each name once. */
export class KeyUses {
  readonly #uses = new Map<string, KeyUse>();

  add(use: KeyUse): void {
    const place = placeName(use);
    const known = this.#uses.get(place);
    if (known === undefined) this.#uses.set(place, { ...use });
    else {
      known.calls += use.calls;
      known.deniedCalls += use.deniedCalls;
      known.firstUsedAt = Math.min(known.firstUsedAt, use.firstUsedAt);
      known.lastUsedAt = Math.max(known.lastUsedAt, use.lastUsedAt);
    }
  }

  all(): readonly KeyUse[] {
    return [...this.#uses.values()];
  }
}

/** What no two places have in common. */
export function placeName({ keyId, kind, name }: Pick<KeyUse, 'keyId' | 'kind' | 'name'>): string {
  return `${keyId} ${kind} ${name}`;
}

/** Names of a key that are looked through one by one; more of them have an index. */
const listMax = 8;

/** What one key was used for: of most keys a few names. */
export class UsesOfKey {
  readonly #keyId: string;
  readonly #uses: KeyUse[] = [];
  #index: Map<string, KeyUse> | null = null;

  constructor(keyId: string) {
    this.#keyId = keyId;
  }

  get all(): readonly KeyUse[] {
    return this.#uses;
  }

  /** Counts a call. @returns whether it is the first of its name */
  count(kind: UseKind, name: string, usedAt: number, isDenied: boolean): boolean {
    const use = this.#find(kind, name);
    if (use === undefined) {
      this.#add(kind, name, usedAt, isDenied);
      return true;
    }
    use.calls += 1;
    if (isDenied) use.deniedCalls += 1;
    if (usedAt < use.firstUsedAt) use.firstUsedAt = usedAt;
    if (usedAt > use.lastUsedAt) use.lastUsedAt = usedAt;
    return false;
  }

  #find(kind: UseKind, name: string): KeyUse | undefined {
    if (this.#index !== null) return this.#index.get(`${kind} ${name}`);
    return this.#uses.find((use) => use.name === name && use.kind === kind);
  }

  #add(kind: UseKind, name: string, usedAt: number, isDenied: boolean): void {
    const deniedCalls = isDenied ? 1 : 0;
    const use: KeyUse = {
      keyId: this.#keyId,
      kind,
      name,
      calls: 1,
      deniedCalls,
      firstUsedAt: usedAt,
      lastUsedAt: usedAt,
    };
    this.#uses.push(use);
    if (this.#uses.length === listMax)
      this.#index = new Map(this.#uses.map((one) => [`${one.kind} ${one.name}`, one]));
    else this.#index?.set(`${kind} ${name}`, use);
  }
}
