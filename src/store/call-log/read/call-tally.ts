import { everywhereElse } from '../../../core/address-block.js';
import type { Use } from '../usage/key-use.js';
import { callerRungs, nameRungs, Places, type Rung } from '../usage/places.js';
import type { LogRecord } from './call-table.js';

/** How many of each are told apart; what comes on top is summed up, and nothing is left out. */
export interface TallyBounds {
  /** Addresses, and as many blocks again. */
  readonly callers: number;
  /** Keys, routes, and lists of scopes, each. */
  readonly names: number;
}

/** A key as its calls name it; `null` for calls of keys that are not told apart. */
export interface TalliedKey {
  readonly accountId: string | null;
  readonly keyId: string | null;
  /** As the latest call has it: a key may be renamed. */
  readonly keyName: string | null;
}

export interface TalliedRoute {
  readonly serviceId: string | null;
  readonly method: string;
  /** `null` for calls that no route was found for. */
  readonly route: string | null;
}

/** What some calls have in common, and what they come to. */
export interface Tallied<T> {
  /** `null`: all that are not told apart. */
  readonly of: T | null;
  readonly use: Readonly<Use>;
}

interface NamedKey {
  name: string | null;
  namedAt: number;
}

/** Adds up what groups of calls come to, under names of which there are never more than a bound. */
export class CallTally {
  readonly #bounds: TallyBounds;
  readonly #all = new UsesByName();
  readonly #keys = new UsesByName();
  readonly #keyNames = new Map<string, NamedKey>();
  readonly #callers = new UsesByName();
  readonly #routes = new UsesByName();
  readonly #scopeLists = new UsesByName();
  readonly #reasons = new UsesByName();

  constructor(bounds: TallyBounds) {
    this.#bounds = bounds;
  }

  /** @param record a group as `CallSumsStore` asks for it */
  add(record: LogRecord): void {
    const use = useOf(record);
    const isDenied = record['decision'] === 'denied';
    const rungs = (name: string) => nameRungs(name, this.#bounds.names);
    this.#all.add(rungs(''), use);
    const key = JSON.stringify([record['account_id'], record['key_id']]);
    if (this.#keys.add(rungs(key), use) === key)
      this.#nameKey(key, record['key_name'] as string | null, use.lastUsedAt);
    this.#callers.add(this.#callerRungs(record['caller_ip'] as string | null), use);
    this.#routes.add(
      rungs(JSON.stringify([record['service_id'], record['method'], record['route']])),
      use,
    );
    if (isDenied) this.#reasons.add(rungs((record['reason'] as string | null) ?? ''), use);
    else this.#scopeLists.add(rungs(record['used_scopes'] as string), use);
  }

  /** All calls together, or `null` if there was none. */
  get all(): Readonly<Use> | null {
    return this.#all.tallied((name) => name)[0]?.use ?? null;
  }

  /** In the order of their first call, like all that follow. */
  get keys(): readonly Tallied<TalliedKey>[] {
    return this.#keys.tallied((text) => {
      const [accountId = null, keyId = null] = JSON.parse(text) as (string | null)[];
      return { accountId, keyId, keyName: this.#keyNames.get(text)?.name ?? null };
    });
  }

  /** By address; an empty one where no caller could be determined. Blocks hold the addresses that are not told apart. */
  get callers(): readonly Tallied<string>[] {
    return this.#callers.tallied((name) => name);
  }

  get routes(): readonly Tallied<TalliedRoute>[] {
    return this.#routes.tallied((text) => {
      const [serviceId, method, route] = JSON.parse(text) as [string | null, string, string | null];
      return { serviceId, method, route };
    });
  }

  /** By all the scopes that opened the route at once: a call that needed two is in one of these. Denied calls are in none. */
  get scopeLists(): readonly Tallied<readonly string[]>[] {
    return this.#scopeLists.tallied((text) => JSON.parse(text) as string[]);
  }

  /** Denied calls, by their reason. */
  get reasons(): readonly Tallied<string>[] {
    return this.#reasons.tallied((name) => name);
  }

  #callerRungs(ip: string | null): readonly Rung[] {
    return ip === null ? [{ name: '', limit: Infinity }] : callerRungs(ip, this.#bounds.callers);
  }

  #nameKey(key: string, name: string | null, namedAt: number): void {
    const known = this.#keyNames.get(key);
    if (known === undefined) this.#keyNames.set(key, { name, namedAt });
    else if (namedAt >= known.namedAt) Object.assign(known, { name, namedAt });
  }
}

class UsesByName {
  readonly #places = new Places<Rung>(0, () => false);
  readonly #uses = new Map<string, Use>();

  /** @returns the name that it was counted under */
  add(rungs: readonly Rung[], use: Use): string {
    const { name } = this.#places.take(rungs);
    const known = this.#uses.get(name);
    if (known === undefined) this.#uses.set(name, { ...use });
    else {
      known.calls += use.calls;
      known.deniedCalls += use.deniedCalls;
      known.firstUsedAt = Math.min(known.firstUsedAt, use.firstUsedAt);
      known.lastUsedAt = Math.max(known.lastUsedAt, use.lastUsedAt);
    }
    return name;
  }

  tallied<T>(read: (name: string) => T): Tallied<T>[] {
    return [...this.#uses]
      .map(([name, use]) => ({ of: name === everywhereElse ? null : read(name), use }))
      .sort((a, b) => a.use.firstUsedAt - b.use.firstUsedAt);
  }
}

function useOf(record: LogRecord): Use {
  const calls = Number(record['calls']);
  return {
    calls,
    deniedCalls: record['decision'] === 'denied' ? calls : 0,
    firstUsedAt: Number(record['first_at']),
    lastUsedAt: Number(record['last_at']),
  };
}
