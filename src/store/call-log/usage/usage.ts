import { columnIndex, type Cell } from '../call-columns.js';
import { KeyUses, UsesOfKey, type KeyUse, type UseKind } from './key-use.js';
import { routeName } from './route-name.js';

export const hourMs = 3_600_000;

/** The list of scopes of a call that needed none. */
const noScopes = '[]';
/** The outcome of a call that was not denied; any other is the reason for which it was. */
export const allowedOutcome = 'allowed';

/** What rows add to a secret's usage. */
export interface SecretUse {
  readonly secretId: string;
  readonly keyId: string | null;
  readonly accountId: Cell;
  calls: number;
  deniedCalls: number;
  lastUsedAt: number;
  lastUsedIp: Cell;
  lastUsedUserAgent: Cell;
  lastUsedRoute: Cell;
}

/** Calls with one secret, in one hour, that were decided alike. */
export interface HourUse {
  readonly keyId: string;
  /** Its first epoch millisecond. */
  readonly hour: number;
  readonly secretId: string;
  readonly outcome: string;
  calls: number;
}

const at = columnIndex('at');
const accountId = columnIndex('accountId');
const keyId = columnIndex('keyId');
const secretId = columnIndex('secretId');
const serviceId = columnIndex('serviceId');
const method = columnIndex('method');
const route = columnIndex('route');
const usedScopes = columnIndex('usedScopes');
const decision = columnIndex('decision');
const reason = columnIndex('reason');
const callerIp = columnIndex('callerIp');
const userAgent = columnIndex('userAgent');

interface SecretTally {
  readonly use: SecretUse;
  /** Of most secrets one. */
  readonly hours: HourUse[];
}

/**
 * What rows add to what keys are used for, so that each counter is written once for all of them. All of it comes in the order of
 * the ids: every node takes its row locks in the same order, so that two never deadlock, and what lies together in a file is
 * written together.
 */
export class Usage {
  readonly #secrets = new Map<string, SecretTally>();
  /** With the list of scopes as the row has it in place of each scope: there are few lists. */
  readonly #keys = new Map<string, UsesOfKey>();
  #size = 0;

  /** How many secrets, callers, routes and lists of scopes there are. */
  get size(): number {
    return this.#size;
  }

  /** @param row the first cell of the row of a call with a secret */
  add(cells: readonly Cell[], row: number): void {
    const usedAt = cells[row + at] as number;
    const isDenied = cells[row + decision] === 'denied';
    const { use, hours } = this.#secretOf(cells, row);
    use.calls += 1;
    if (isDenied) use.deniedCalls += 1;
    moveLastUse(use, cells, row);
    if (use.keyId === null) return;
    countHour(hours, use.keyId, cells, row);
    const key = this.#keyOf(use.keyId);
    const count = (kind: UseKind, name: string): void => {
      if (key.count(kind, name, usedAt, isDenied)) this.#size += 1;
    };
    count('caller', (cells[row + callerIp] as string | null) ?? '');
    if (cells[row + route] !== null) count('route', routeIn(cells, row));
    const scopes = cells[row + usedScopes] as string;
    if (scopes !== noScopes) count('scope', scopes);
  }

  /** Each secret, and its hours. */
  secrets(): readonly SecretTally[] {
    return inOrder(this.#secrets);
  }

  /** What each key was used for, key by key. */
  *keys(): Generator<readonly KeyUse[]> {
    for (const key of inOrder(this.#keys)) yield scopeByScope(key.all);
  }

  #secretOf(cells: readonly Cell[], row: number): SecretTally {
    const id = cells[row + secretId] as string;
    let tally = this.#secrets.get(id);
    if (tally === undefined) {
      const use: SecretUse = {
        secretId: id,
        keyId: cells[row + keyId] as string | null,
        accountId: cells[row + accountId] as Cell,
        calls: 0,
        deniedCalls: 0,
        lastUsedAt: 0,
        lastUsedIp: null,
        lastUsedUserAgent: null,
        lastUsedRoute: null,
      };
      tally = { use, hours: [] };
      this.#secrets.set(id, tally);
      this.#size += 1;
    }
    return tally;
  }

  #keyOf(id: string): UsesOfKey {
    let key = this.#keys.get(id);
    if (key === undefined) {
      key = new UsesOfKey(id);
      this.#keys.set(id, key);
    }
    return key;
  }
}

/** Of two calls in one millisecond, the one that was written later. */
function moveLastUse(use: SecretUse, cells: readonly Cell[], row: number): void {
  const usedAt = cells[row + at] as number;
  if (usedAt < use.lastUsedAt) return;
  use.lastUsedAt = usedAt;
  use.lastUsedIp = cells[row + callerIp] as Cell;
  use.lastUsedUserAgent = cells[row + userAgent] as Cell;
  use.lastUsedRoute = cells[row + route] as Cell;
}

function countHour(hours: HourUse[], ofKey: string, cells: readonly Cell[], row: number): void {
  const usedAt = cells[row + at] as number;
  const hour = usedAt - (usedAt % hourMs);
  const outcome = outcomeOf(cells, row);
  const known = hours.find((one) => one.outcome === outcome && one.hour === hour);
  if (known !== undefined) known.calls += 1;
  else
    hours.push({
      keyId: ofKey,
      hour,
      secretId: cells[row + secretId] as string,
      outcome,
      calls: 1,
    });
}

/** The reason is the one that the row is written with: what the log's own failure makes of it later is not counted anew. */
function outcomeOf(cells: readonly Cell[], row: number): string {
  if (cells[row + decision] !== 'denied') return allowedOutcome;
  return (cells[row + reason] as string | null) ?? 'denied';
}

function routeIn(cells: readonly Cell[], row: number): string {
  const service = (cells[row + serviceId] as string | null) ?? '';
  return routeName(service, cells[row + method] as string, cells[row + route] as string);
}

/** With each scope of the lists in place of the lists. */
function scopeByScope(uses: readonly KeyUse[]): readonly KeyUse[] {
  if (!uses.some(({ kind }) => kind === 'scope')) return uses;
  const single = new KeyUses();
  for (const use of uses) {
    const names = use.kind === 'scope' ? new Set(JSON.parse(use.name) as string[]) : [use.name];
    for (const name of names) single.add({ ...use, name });
  }
  return single.all();
}

function inOrder<Value>(byId: ReadonlyMap<string, Value>): Value[] {
  return [...byId.keys()].sort().map((id) => byId.get(id) as Value);
}
