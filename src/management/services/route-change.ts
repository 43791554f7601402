import type { NewRoute } from '../../store/services.store.js';

/** What an import would do to a service's routes, each as `METHOD path`. */
export interface RouteChange {
  readonly addedRoutes: string[];
  readonly removedRoutes: string[];
  readonly changedRoutes: string[];
}

export function routeChange(before: readonly NewRoute[], after: readonly NewRoute[]): RouteChange {
  const old = new Map(before.map((route) => [nameOf(route), ruleOf(route)]));
  const young = new Map(after.map((route) => [nameOf(route), ruleOf(route)]));
  return {
    addedRoutes: [...young.keys()].filter((name) => !old.has(name)),
    removedRoutes: [...old.keys()].filter((name) => !young.has(name)),
    changedRoutes: [...young.keys()].filter(
      (name) => old.has(name) && old.get(name) !== young.get(name),
    ),
  };
}

/** What to know of routes that asked for scopes and now ask for none. */
export function notesOnOpened(
  before: readonly NewRoute[],
  after: readonly NewRoute[],
): { operation: string; note: string }[] {
  const guarded = new Set(before.filter(asksForScopes).map(nameOf));
  return after
    .filter((route) => guarded.has(nameOf(route)) && !asksForScopes(route))
    .map((route) => ({
      operation: nameOf(route),
      note: `it asks for no scope any more: ${route.public ? 'anybody' : 'every key'} may call it`,
    }));
}

function asksForScopes({ scopeSets, public: isPublic }: NewRoute): boolean {
  return !isPublic && scopeSets.length > 0 && scopeSets.every((set) => set.length > 0);
}

export function isNoChange({ addedRoutes, removedRoutes, changedRoutes }: RouteChange): boolean {
  return addedRoutes.length + removedRoutes.length + changedRoutes.length === 0;
}

function nameOf({ method, path }: NewRoute): string {
  return `${method} ${path}`;
}

function ruleOf({ scopeSets, public: isPublic }: NewRoute): string {
  return JSON.stringify([scopeSets, isPublic]);
}
