import { type RouteMethod, routeShape } from '../../../core/route-table.js';
import { declaredScopes } from './declared-scopes.js';
import { type JsonObject, ownValue } from './json-object.js';
import { type FoundOperation, operationsOfDocument } from './operations-of-document.js';
import { pathFault } from './path-fault.js';
import { readSecurity } from './read-security.js';
import { widerRouteFinder } from './wider-route.js';

export interface ImportedRoute {
  readonly method: RouteMethod;
  readonly path: string;
  /** Any one set suffices, all of its scopes are needed. None at all: any valid key. */
  readonly scopeSets: readonly (readonly string[])[];
  readonly public: boolean;
}

export interface ImportedScope {
  readonly name: string;
  /** Empty where the document does not describe it. */
  readonly description: string;
}

export interface ImportOptions {
  /** Put before the name of every scope, such as `do.`. */
  readonly scopePrefix?: string;
  /** What an operation without security becomes: open to any valid key, or to anybody. */
  readonly unsecured: 'any_key' | 'public';
}

export interface DocumentRoutes {
  readonly ok: true;
  readonly routes: ImportedRoute[];
  readonly scopes: ImportedScope[];
  /** Operations (`GET /pets/{id}`) that become no route. */
  readonly skipped: { readonly operation: string; readonly why: string }[];
  /** What became of an operation otherwise than a reader of the document might expect. */
  readonly notes: { readonly operation: string; readonly note: string }[];
}

type Imported =
  | { readonly ok: true; readonly route: ImportedRoute; readonly notes: string[] }
  | { readonly ok: false; readonly found: FoundOperation; readonly why: string };

/**
 * The routes of an OpenAPI 3 document, and the scopes that join the catalogue with them: those its security schemes
 * declare, then those that only its routes name. All in the document's order. It never throws, whatever the document says.
 */
export function routesOfDocument(
  document: JsonObject,
  options: ImportOptions,
): DocumentRoutes | { readonly ok: false; readonly why: string } {
  const found = operationsOfDocument(document);
  if (!found.ok) return found;
  const declared = declaredScopes(document, options.scopePrefix ?? '');
  if (!declared.ok) return declared;
  const importer = new Importer(document, options);
  const imported = found.operations.map((operation) => importer.importOperation(operation));
  const taken = imported.filter((each) => each.ok);
  const routes = taken.map(({ route }) => route);
  const notes = declared.refused.map(({ scheme, why }) => ({
    operation: `components.securitySchemes.${scheme}`,
    note: `a scope it declares does not join the catalogue: ${why}`,
  }));
  for (const { route, notes: texts } of taken) {
    for (const note of texts) notes.push({ operation: `${route.method} ${route.path}`, note });
  }
  return {
    ok: true,
    routes,
    scopes: catalogueOf(declared.descriptions, routes),
    skipped: skippedAmong(imported, routes),
    notes,
  };
}

class Importer {
  readonly #labelByShape = new Map<string, string>();
  readonly #documentSecurity: unknown;

  constructor(
    document: JsonObject,
    private readonly options: ImportOptions,
  ) {
    this.#documentSecurity = ownValue(document, 'security');
  }

  importOperation(found: FoundOperation): Imported {
    const skip = (why: string): Imported => ({ ok: false, found, why });
    const { label, path, method } = found;
    if (method !== null) {
      const fault = pathFault(path);
      if (fault !== null) return skip(fault);
      const shape = routeShape(method, path);
      const twin = this.#labelByShape.get(shape);
      if (twin !== undefined)
        return skip(`it is the same route as ${twin}, which stands before it`);
      // Taken even if this operation turns out to be unusable: a weaker twin must not take its calls.
      this.#labelByShape.set(shape, label);
    }
    if ('why' in found) return skip(found.why);
    const own = ownValue(found.operation, 'security');
    const security = readSecurity(
      own === undefined ? this.#documentSecurity : own,
      this.options.scopePrefix ?? '',
    );
    if (!security.ok) return skip(security.why);
    const isPublic = security.unsecured && this.options.unsecured === 'public';
    const notes = security.note === null ? [] : [security.note];
    if (path.endsWith('/*')) notes.push('its last segment, *, is read as the rest of the path');
    return {
      ok: true,
      route: { method: found.method, path, scopeSets: security.scopeSets, public: isPublic },
      notes,
    };
  }
}

function catalogueOf(
  declared: ReadonlyMap<string, string>,
  routes: readonly ImportedRoute[],
): ImportedScope[] {
  const descriptions = new Map(declared);
  for (const name of routes.flatMap((route) => route.scopeSets.flat())) {
    if (!descriptions.has(name)) descriptions.set(name, '');
  }
  return [...descriptions].map(([name, description]) => ({ name, description }));
}

function skippedAmong(
  imported: readonly Imported[],
  routes: readonly ImportedRoute[],
): DocumentRoutes['skipped'] {
  const skipped = imported.filter((each) => !each.ok);
  if (skipped.length === 0) return [];
  const widerRoute = widerRouteFinder(routes);
  return skipped.map(({ found, why }) => {
    const wider = found.method === null ? null : widerRoute(found.method, found.path);
    const decided =
      wider === null ? '' : `; calls to it are decided by ${wider.method} ${wider.path}`;
    return { operation: found.label, why: why + decided };
  });
}
