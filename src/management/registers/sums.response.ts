import { everywhereElse } from '../../core/address-block.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { CallTally, Tallied } from '../../store/call-log/read/call-tally.js';
import type { Use } from '../../store/call-log/usage/key-use.js';
import type {
  CallSumResponse,
  RegisterCallerResponse,
  RegisterCategoryResponse,
  RegisterDenialResponse,
  RegisterKeyResponse,
  RegisterRouteResponse,
  RegisterScopeResponse,
} from './registers.dto.js';
import type { ScopeCatalogue } from './scope-catalogue.js';

/** What a tally means to a reader who knows the catalogue and the services. */
export interface Knowledge {
  readonly catalogue: ScopeCatalogue;
  readonly serviceNames: ReadonlyMap<string, string>;
}

export function sumResponse(use: Readonly<Use> | null): CallSumResponse {
  return {
    calls: use?.calls ?? 0,
    deniedCalls: use?.deniedCalls ?? 0,
    firstCallAt: isoOrNull(use?.firstUsedAt ?? null),
    lastCallAt: isoOrNull(use?.lastUsedAt ?? null),
  };
}

export function callersIn(tally: CallTally): RegisterCallerResponse[] {
  return tally.callers.map(({ of, use }) => ({
    ip: of === '' ? null : (of ?? everywhereElse),
    ...sumResponse(use),
  }));
}

export function keysIn(tally: CallTally): RegisterKeyResponse[] {
  return tally.keys.map(({ of, use }) => ({
    accountId: of?.accountId ?? null,
    keyId: of === null ? everywhereElse : of.keyId,
    keyName: of?.keyName ?? null,
    ...sumResponse(use),
  }));
}

export function routesIn(tally: CallTally, { serviceNames }: Knowledge): RegisterRouteResponse[] {
  return tally.routes.map(({ of, use }) => ({
    serviceId: of?.serviceId ?? null,
    serviceName: serviceNames.get(of?.serviceId ?? '') ?? null,
    method: of?.method ?? null,
    route: of === null ? everywhereElse : of.route,
    ...sumResponse(use),
  }));
}

export function denialsIn(tally: CallTally): RegisterDenialResponse[] {
  return tally.reasons.map(({ of, use }) => ({
    reason: of || null,
    calls: use.calls,
    firstCallAt: iso(use.firstUsedAt),
    lastCallAt: iso(use.lastUsedAt),
  }));
}

/** Each scope that a call was let through with, by its name; a call that needed two counts under both. */
export function usedScopesIn(tally: CallTally, { catalogue }: Knowledge): RegisterScopeResponse[] {
  const uses = usesOfEach(tally, (scopes) => scopes);
  return byName(uses).map(([scope, use]) => ({ ...catalogue.tell(scope), ...sumResponse(use) }));
}

/** Each category of data that was opened; a call under two scopes of one category counts once. */
export function categoriesIn(
  tally: CallTally,
  { catalogue }: Knowledge,
): RegisterCategoryResponse[] {
  const scopesOf = new Map<string, Set<string>>();
  const uses = usesOfEach(tally, (scopes) => {
    for (const scope of scopes)
      for (const category of catalogue.tell(scope).dataCategories)
        scopesOf.set(category, (scopesOf.get(category) ?? new Set()).add(scope));
    return catalogue.categoriesOf(scopes);
  });
  return byName(uses).map(([name, use]) => ({
    name,
    scopes: [...(scopesOf.get(name) ?? [])].toSorted(),
    ...sumResponse(use),
  }));
}

function usesOfEach(
  { scopeLists }: CallTally,
  namesOf: (scopes: readonly string[]) => readonly string[],
): Map<string, Use> {
  const uses = new Map<string, Use>();
  for (const { of, use } of scopeLists)
    for (const name of of === null ? [everywhereElse] : new Set(namesOf(of)))
      uses.set(name, together(uses.get(name), use));
  return uses;
}

function together(known: Use | undefined, { ...more }: Tallied<unknown>['use']): Use {
  if (known === undefined) return more;
  return {
    calls: known.calls + more.calls,
    deniedCalls: known.deniedCalls + more.deniedCalls,
    firstUsedAt: Math.min(known.firstUsedAt, more.firstUsedAt),
    lastUsedAt: Math.max(known.lastUsedAt, more.lastUsedAt),
  };
}

function byName<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
