import { columnIndex, type Cell } from '../call-columns.js';
import { countUse, KeyUses, type KeyUse, type Use } from './key-use.js';
import { routeName } from './route-name.js';

export const hourMs = 3_600_000;

/** The outcome of a call that was not denied; any other is the reason for which it was. */
export const allowedOutcome = 'allowed';

/** What the rows of one group add to a secret's usage. */
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

/** What the rows of one group add to what keys are used for. */
export interface GroupUsage {
  /** One per secret, by id: every node takes its row locks in the same order, so that two never deadlock. */
  readonly secrets: readonly SecretUse[];
  readonly hours: readonly HourUse[];
  readonly keys: readonly KeyUse[];
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
  /** Calls by outcome, by hour. */
  readonly hours: Map<number, Map<string, number>>;
}

interface KeyTally {
  readonly callers: Map<string, Use>;
  /** By service, method and template. */
  readonly routes: Map<string, Use>;
  /** By the whole list, as the row has it: a group holds few of them. */
  readonly scopeLists: Map<string, Use>;
}

/** Collects what keys are used for from the rows of one group, so that each counter is written once for all of them. */
export class GroupUses {
  readonly #secrets = new Map<string, SecretTally>();
  readonly #keys = new Map<string, KeyTally>();

  /** @param row the first cell of the row of a call with a secret */
  add(cells: readonly Cell[], row: number): void {
    const usedAt = cells[row + at] as number;
    const isDenied = cells[row + decision] === 'denied';
    const { use, hours } = this.#secretOf(cells, row);
    use.calls += 1;
    if (isDenied) use.deniedCalls += 1;
    moveLastUse(use, cells, row);
    if (use.keyId === null) return;
    countOutcome(hours, usedAt - (usedAt % hourMs), outcomeOf(cells, row));
    const { callers, routes, scopeLists } = this.#keyOf(use.keyId);
    countUse(callers, (cells[row + callerIp] as string | null) ?? '', usedAt, isDenied);
    if (cells[row + route] !== null) countUse(routes, routeIn(cells, row), usedAt, isDenied);
    countUse(scopeLists, cells[row + usedScopes] as string, usedAt, isDenied);
  }

  collected(): GroupUsage {
    const secrets = [...this.#secrets.values()].sort(bySecretId);
    const keys = new KeyUses();
    for (const [id, { callers, routes, scopeLists }] of this.#keys) {
      for (const [ip, use] of callers) keys.add({ keyId: id, kind: 'caller', name: ip, ...use });
      for (const [name, use] of routes) keys.add({ keyId: id, kind: 'route', name, ...use });
      for (const [list, use] of scopeLists)
        for (const name of new Set(JSON.parse(list) as string[]))
          keys.add({ keyId: id, kind: 'scope', name, ...use });
    }
    return {
      secrets: secrets.map(({ use }) => use),
      hours: secrets.flatMap(hourUsesOf),
      keys: keys.all(),
    };
  }

  #secretOf(cells: readonly Cell[], row: number): SecretTally {
    const id = cells[row + secretId] as string;
    let tally = this.#secrets.get(id);
    if (tally === undefined) {
      const use: SecretUse = {
        secretId: id,
        keyId: cells[row + keyId] as string | null,
        accountId: cells[row + accountId] as Cell,
        ...{ calls: 0, deniedCalls: 0, lastUsedAt: 0 },
        ...{ lastUsedIp: null, lastUsedUserAgent: null, lastUsedRoute: null },
      };
      tally = { use, hours: new Map() };
      this.#secrets.set(id, tally);
    }
    return tally;
  }

  #keyOf(id: string): KeyTally {
    let tally = this.#keys.get(id);
    if (tally === undefined) {
      tally = { callers: new Map(), routes: new Map(), scopeLists: new Map() };
      this.#keys.set(id, tally);
    }
    return tally;
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

/** The reason is the one that the row is written with: what the log's own failure makes of it later is not counted anew. */
function outcomeOf(cells: readonly Cell[], row: number): string {
  if (cells[row + decision] !== 'denied') return allowedOutcome;
  return (cells[row + reason] as string | null) ?? 'denied';
}

function countOutcome(hours: SecretTally['hours'], hour: number, outcome: string): void {
  let outcomes = hours.get(hour);
  if (outcomes === undefined) {
    outcomes = new Map();
    hours.set(hour, outcomes);
  }
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
}

function routeIn(cells: readonly Cell[], row: number): string {
  const service = (cells[row + serviceId] as string | null) ?? '';
  return routeName(service, cells[row + method] as string, cells[row + route] as string);
}

function hourUsesOf({ use, hours }: SecretTally): HourUse[] {
  const { keyId: ofKey, secretId: secret } = use;
  if (ofKey === null) return [];
  return [...hours].flatMap(([hour, outcomes]) =>
    [...outcomes].map(([outcome, calls]) => ({
      ...{ keyId: ofKey, hour, secretId: secret, outcome, calls },
    })),
  );
}

function bySecretId({ use: a }: SecretTally, { use: b }: SecretTally): number {
  return a.secretId < b.secretId ? -1 : 1;
}
