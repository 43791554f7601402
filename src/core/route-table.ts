import type { PathReading } from './request-path.js';
import { parseRouteTemplate, type RouteTemplate, type TemplatePart } from './route-template.js';

/** A route: method and path template below its service's mount, and the scope sets that open it. */
export interface Route {
  readonly id: string;
  readonly method: RouteMethod;
  /** Such as `/contacts/{id}`. */
  readonly path: string;
  /** Any one set suffices, all of its scopes are needed. None at all: any valid key. */
  readonly scopeSets: readonly (readonly string[])[];
  /** Open to anybody, without a credential. */
  readonly public: boolean;
}

/** Where a service hangs: what the table needs to know of it. */
export interface Mounted {
  /** Such as `/crm`, or `/` for everything. */
  readonly mount: string;
  readonly routes: readonly Route[];
}

/** HEAD is decided as GET, so no route declares it. */
export const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const;

export type RouteMethod = (typeof routeMethods)[number];

export type RouteMatch =
  | { readonly kind: 'found'; readonly route: Route }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly kind: 'ambiguous' }
  /** The routes as they are now could not be read. */
  | { readonly kind: 'unavailable' };

export interface Resolution<S> {
  /** The service whose mount is the longest that the path lies under. */
  readonly service: S | null;
  readonly match: RouteMatch;
  /** The path below the mount as sent, starting with `/`. */
  readonly rawRest: string;
}

const unknown: RouteMatch = { kind: 'unknown' };

interface Hung<S> {
  readonly service: S;
  readonly depth: number;
  readonly routes: ServiceRoutes;
}

/** All routes of all services. It is built anew when a service changes, and never changes itself. */
export class RouteTable<S extends Mounted> {
  readonly #hung = new Map<string, Hung<S>>();
  readonly #depthMax: number;

  constructor(services: readonly S[]) {
    for (const service of services) {
      const segments = mountSegments(service.mount);
      this.#hung.set(mountKey(segments), {
        service,
        depth: segments.length,
        routes: new ServiceRoutes(service.routes),
      });
    }
    this.#depthMax = Math.max(0, ...[...this.#hung.values()].map((hung) => hung.depth));
  }

  resolve(method: string, path: PathReading): Resolution<S> {
    if (!path.valid) return { service: null, match: unknown, rawRest: path.raw };
    const hung = this.#find(path.segments);
    if (hung === undefined) return { service: null, match: unknown, rawRest: path.raw };
    const rawRest = `/${path.rawSegments.slice(hung.depth).join('/')}`;
    return {
      service: hung.service,
      match: hung.routes.match(method, below(path.segments, hung.depth)),
      rawRest,
    };
  }

  #find(segments: readonly string[]): Hung<S> | undefined {
    for (let depth = Math.min(this.#depthMax, segments.length); depth >= 0; depth -= 1) {
      const hung = this.#hung.get(mountKey(segments.slice(0, depth)));
      if (hung !== undefined) return hung;
    }
    return undefined;
  }
}

/** The segments of a mount: `/` has none, `/crm` has one. */
export function mountSegments(mount: string): string[] {
  return mount === '/' ? [] : mount.slice(1).split('/');
}

/** What lies below a mount. The mount itself, without a final slash, is `/` there. */
function below(segments: readonly string[], depth: number): readonly string[] {
  return segments.length > depth ? segments.slice(depth) : [''];
}

function mountKey(segments: readonly string[]): string {
  return segments.map(encodeText).join('/');
}

/** The routes of one service, below its mount. */
class ServiceRoutes {
  readonly #root = new Branch();
  readonly #methods: readonly RouteMethod[];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const reading = parseRouteTemplate(route.path);
      if (reading.ok) this.#root.add(route, reading.template);
    }
    this.#methods = routeMethods.filter((method) =>
      routes.some((route) => route.method === method),
    );
  }

  match(method: string, segments: readonly string[]): RouteMatch {
    const asked = method === 'HEAD' ? 'GET' : method;
    const route = this.#root.find(asked, segments);
    if (this.#leadsAstray(asked, segments, route)) return { kind: 'ambiguous' };
    if (route !== null) return { kind: 'found', route };
    const allow = this.#methods.filter((other) => this.#root.find(other, segments) !== null);
    if (allow.length === 0) return unknown;
    return {
      kind: 'method_not_allowed',
      allow: allow.flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name])),
    };
  }

  /**
   * Some servers cut `;parameters` off a segment before they route. Both readings must lead to the same route; a route
   * whose own text holds a `;` was declared by somebody whose server does not cut.
   */
  #leadsAstray(method: string, segments: readonly string[], route: Route | null): boolean {
    if (!segments.some((segment) => segment.includes(';'))) return false;
    const bare = this.#root.find(
      method,
      segments.map((segment) => segment.split(';', 1)[0] as string),
    );
    return bare !== route && !(bare === null && /;|%3b/i.test(route?.path ?? ''));
  }
}

/** A segment such as `{year}-{month}.csv`: text and parameters, each of which takes at least one character. */
interface Mixed {
  readonly shape: string;
  readonly textLength: number;
  /** What stands between the parameters, first and last included; either may be empty. */
  readonly texts: readonly string[];
  readonly branch: Branch;
}

/** What may come next, one segment at a time. A literal is tried first, then text with parameters, a parameter, the rest. */
class Branch {
  readonly #literals = new Map<string, Branch>();
  /** Those with the most text first. In which order routes were declared never matters. */
  readonly #mixed: Mixed[] = [];
  #parameter: Branch | null = null;
  readonly #here = new Map<string, Route>();
  readonly #rest = new Map<string, Route>();

  /** Of two routes of one shape the first counts; `routeShape` lets such be refused where they are written. */
  add(route: Route, { segments, rest }: RouteTemplate): void {
    const branch = segments.reduce<Branch>((from, parts) => from.#grow(parts), this);
    const routes = rest ? branch.#rest : branch.#here;
    if (!routes.has(route.method)) routes.set(route.method, route);
  }

  #grow(parts: readonly TemplatePart[]): Branch {
    if (parts.every((part) => 'literal' in part)) {
      const text = parts.map((part) => part.literal).join('');
      const branch = this.#literals.get(text) ?? new Branch();
      this.#literals.set(text, branch);
      return branch;
    }
    if (parts.length === 1) return (this.#parameter ??= new Branch());
    const shape = shapeOfSegment(parts);
    const known = this.#mixed.find((mixed) => mixed.shape === shape);
    if (known !== undefined) return known.branch;
    const texts = textsOf(parts);
    const mixed = { shape, textLength: texts.join('').length, texts, branch: new Branch() };
    const next = this.#mixed.findIndex((other) => isTriedBefore(mixed, other));
    this.#mixed.splice(next === -1 ? this.#mixed.length : next, 0, mixed);
    return mixed.branch;
  }

  /** Visits each branch once at most: a branch is reached by one way, and a way fits the path or does not. */
  find(method: string, segments: readonly string[], at = 0): Route | null {
    if (at === segments.length) return this.#here.get(method) ?? null;
    const segment = segments[at] as string;
    const literal = this.#literals.get(segment)?.find(method, segments, at + 1) ?? null;
    if (literal !== null) return literal;
    for (const { texts, branch } of this.#mixed) {
      if (!fits(segment, texts)) continue;
      const route = branch.find(method, segments, at + 1);
      if (route !== null) return route;
    }
    // `/contacts/` is not `/contacts/{id}`: a parameter is never empty.
    const route = segment === '' ? null : this.#parameter?.find(method, segments, at + 1);
    return route ?? this.#rest.get(method) ?? null;
  }
}

function isTriedBefore(one: Mixed, other: Mixed): boolean {
  return one.textLength === other.textLength
    ? one.shape < other.shape
    : one.textLength > other.textLength;
}

function textsOf(parts: readonly TemplatePart[]): string[] {
  const texts = [''];
  for (const part of parts) {
    if ('literal' in part) texts[texts.length - 1] += part.literal;
    else texts.push('');
  }
  return texts;
}

/** Takes each text between parameters as early as it comes, which finds a fit if there is one, without going back. */
function fits(segment: string, texts: readonly string[]): boolean {
  const first = texts[0] as string;
  const last = texts.at(-1) as string;
  if (!segment.startsWith(first) || !segment.endsWith(last)) return false;
  let end = first.length;
  for (const text of texts.slice(1, -1)) {
    const start = segment.indexOf(text, end + 1);
    if (start === -1) return false;
    end = start + text.length;
  }
  return end < segment.length - last.length;
}

/** Two templates that differ in their parameters' names only are the same route. */
export function routeShape(method: RouteMethod, path: string): string {
  const reading = parseRouteTemplate(path);
  if (!reading.ok) return `${method} ${path}`;
  const { segments, rest } = reading.template;
  return `${method} /${[...segments.map(shapeOfSegment), ...(rest ? ['*'] : [])].join('/')}`;
}

function shapeOfSegment(parts: readonly TemplatePart[]): string {
  return parts.map((part) => ('literal' in part ? encodeText(part.literal) : '{}')).join('');
}

const plainText = /^[A-Za-z0-9\-._~]*$/;

/** Injective, and free of slashes, braces and stars. */
function encodeText(text: string): string {
  if (plainText.test(text)) return text;
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (unit) => `=${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
