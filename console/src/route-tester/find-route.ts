import type { Route, Service } from '../services/services.js';

/** What a call would be taken for, by the routes as they are. */
export type Finding =
  | { readonly kind: 'found'; readonly route: Route }
  /** No call of this kind is ever let through, whatever the routes are. */
  | { readonly kind: 'path_refused'; readonly why: string }
  /** There is the path, for other methods. */
  | { readonly kind: 'other_methods'; readonly methods: readonly string[] }
  | { readonly kind: 'unknown' };

export type PathSegments =
  | { readonly ok: true; readonly segments: readonly string[] }
  | { readonly ok: false; readonly why: string };

/** Reads a path, or a whole address from which the path is taken. A query says nothing of the route. */
export function segmentsOf(text: string): PathSegments {
  const path =
    text
      .trim()
      .replace(/^https?:\/\/[^/?#]*/i, '')
      .replace(/[?#].*$/s, '') || '/';
  if (!path.startsWith('/')) return { ok: false, why: 'A path begins with a slash.' };
  const raw = path.slice(1).split('/');
  if (raw.some((segment, at) => segment === '' && at < raw.length - 1))
    return { ok: false, why: 'The path holds an empty segment (//), which is always refused.' };
  const segments: string[] = [];
  for (const part of raw) {
    const segment = decoded(part);
    if (segment === null)
      return { ok: false, why: 'The path holds a bad percent escape, which is always refused.' };
    if (segment.includes(';'))
      return { ok: false, why: 'Servers differ in how they read a ; in a path: try it without.' };
    if (segment.split(/[/\\]/).some((piece) => piece === '.' || piece === '..'))
      return { ok: false, why: 'The path holds a dot segment, which is always refused.' };
    if (/[\\\u0000-\u001f\u007f]/.test(segment))
      return {
        ok: false,
        why: 'The path holds a backslash or a control character, which is always refused.',
      };
    segments.push(segment);
  }
  return { ok: true, segments };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The service whose mount is the longest that the path lies under. */
export function serviceOf(
  segments: readonly string[],
  services: readonly Service[],
): Service | undefined {
  return services
    .filter(({ mount }) => mountOf(mount).every((segment, at) => segments[at] === segment))
    .sort((one, other) => mountOf(other.mount).length - mountOf(one.mount).length)[0];
}

function mountOf(mount: string): readonly string[] {
  return mount === '/' ? [] : mount.slice(1).split('/');
}

/** Which of a service's routes a call is for, as the gateway finds it: text goes before parameters, and both before the rest of a path. */
export function findRoute(
  method: string,
  segments: readonly string[],
  { mount }: Pick<Service, 'mount'>,
  routes: readonly Route[],
): Finding {
  const below = segments.slice(mountOf(mount).length);
  const fitting = routes.flatMap((route) => {
    const rank = rankOf(route.path, below.length === 0 ? [''] : below);
    return rank === null ? [] : [{ route, rank }];
  });
  // HEAD is decided as GET.
  const asked = method === 'HEAD' ? 'GET' : method;
  const [best] = fitting
    .filter(({ route }) => route.method === asked)
    .sort((one, other) => compareRanks(one.rank, other.rank));
  if (best !== undefined) return { kind: 'found', route: best.route };
  if (fitting.length === 0) return { kind: 'unknown' };
  return { kind: 'other_methods', methods: [...new Set(fitting.map(({ route }) => route.method))] };
}

/** How closely a template says a path, segment by segment: what is less is closer. */
type Rank = readonly SegmentRank[];
type SegmentRank = readonly [kind: number, lengthOfText: number, shape: string];

const literal = 0;
const mixed = 1;
const parameter = 2;
const rest = 3;

/** `null`: the path is not of this template. */
function rankOf(template: string, segments: readonly string[]): Rank | null {
  const hasRest = template.endsWith('/*');
  const body = hasRest ? template.slice(0, -2) : template;
  const wanted = hasRest && body === '' ? [] : body.slice(1).split('/');
  const isLong = hasRest ? segments.length > wanted.length : segments.length === wanted.length;
  if (!isLong) return null;
  const ranks: SegmentRank[] = [];
  for (const [at, text] of wanted.entries()) {
    const rank = rankOfSegment(text, segments[at] as string);
    if (rank === null) return null;
    ranks.push(rank);
  }
  return hasRest ? [...ranks, [rest, 0, '']] : ranks;
}

function rankOfSegment(template: string, segment: string): SegmentRank | null {
  const texts = template.split(/\{[^{}]+\}/).map((text) => decoded(text) ?? text);
  if (texts.length === 1) return texts[0] === segment ? [literal, 0, ''] : null;
  // A parameter takes one character at least.
  const pattern = new RegExp(`^${texts.map(escaped).join('.+')}$`, 's');
  if (!pattern.test(segment)) return null;
  const length = texts.join('').length;
  return length === 0 ? [parameter, 0, ''] : [mixed, length, texts.map(shapeOf).join('{}')];
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function shapeOf(text: string): string {
  return text.replace(
    /[^A-Za-z0-9\-._~]/g,
    (unit) => `=${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function compareRanks(one: Rank, other: Rank): number {
  for (const [at, [kind, length, shape]] of one.entries()) {
    const against = other[at];
    if (against === undefined) return 1;
    if (kind !== against[0]) return kind - against[0];
    if (length !== against[1]) return against[1] - length;
    if (shape !== against[2]) return shape < against[2] ? -1 : 1;
  }
  return 0;
}
