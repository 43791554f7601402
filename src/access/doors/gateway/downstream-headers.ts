import { setsSessionCookie } from '../../../core/session-cookie.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import type { LimitStanding } from '../../../core/rate-limits.js';
import type { Arrival } from '../../arrival.js';
import { isOfOurLimits, rateLimitHeaders } from '../../rate-limit-headers.js';
import type { RetiringHeaders } from '../../retiring-headers.js';
import { eachLine, namesOfThisHop, valuesOf, type HeaderLines } from '../../header-lines.js';

/** The header lines for the caller: the upstream's, less what ended at this hop, with what the contract changes and adds. */
export function downstreamHeaders(
  upstreamLines: HeaderLines,
  service: PublishedService,
  arrival: Arrival,
  retiring: RetiringHeaders | null,
  limits: readonly LimitStanding[],
): string[] {
  const ofThisHop = namesOfThisHop(upstreamLines);
  const guarded = arrival.credential.kind === 'found' && arrival.credential.method !== 'bearer';
  const lines: string[] = [];
  eachLine(upstreamLines, (name, folded, value) => {
    if (
      ofThisHop.has(folded) ||
      folded === 'x-correlation-id' ||
      folded === 'latchkey-secret-retires' ||
      isOfOurLimits(folded)
    )
      return;
    if (folded === 'cache-control' && guarded) return;
    // Browsers keep it for every port of this host: nobody behind the gateway signs somebody in to the console.
    if (folded === 'set-cookie' && setsSessionCookie(value)) return;
    const moved =
      folded === 'location' || folded === 'content-location' ? belowMount(value, service) : value;
    // Node reads it in another encoding once a Content-Length stands before it, and may refuse what it reads.
    if (folded === 'content-disposition') lines.unshift(name, moved);
    else lines.push(name, moved);
  });
  lines.push('X-Correlation-Id', arrival.id);
  if (guarded)
    lines.push('Cache-Control', privateCacheControl(valuesOf(upstreamLines, 'cache-control')));
  if (retiring !== null) lines.push(...retiringLines(retiring, upstreamLines));
  // Beside the upstream's own RateLimit: its limits hold as well, and the field is a list.
  const limitHeaders = rateLimitHeaders(limits, arrival.at);
  if (limitHeaders !== null) lines.push(...Object.entries(limitHeaders).flat());
  return lines;
}

/** The upstream's own word on deprecation goes before ours. */
function retiringLines(retiring: RetiringHeaders, upstreamLines: HeaderLines): string[] {
  const { Deprecation: _at, Sunset: _on, ...always } = retiring;
  const said = ['deprecation', 'sunset'].some((name) => valuesOf(upstreamLines, name).length > 0);
  return Object.entries(said ? always : retiring).flat();
}

/**
 * A shared cache knows that an answer to `Authorization` is not for everyone (RFC 9111 §3.5); of `hapikey` and
 * `X-Access-Token` it knows nothing, so it has to be told.
 */
export function privateCacheControl(values: readonly string[]): string {
  const directives = splitDirectives(values.join(', ')).filter(
    (directive) => !/^(?:public|s-maxage)\b/i.test(directive),
  );
  const strict = directives.some((directive) => /^(?:private$|no-store\b)/i.test(directive));
  return (strict ? directives : [...directives, 'private']).join(', ');
}

/** Splits at commas outside of quotes: `private="set-cookie, x"` is one directive. */
function splitDirectives(text: string): string[] {
  return (text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [])
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Rewrites a location under the upstream to the mount, so that following it comes back through this gateway. */
export function belowMount(location: string, service: PublishedService): string {
  const { upstream } = service;
  const base = upstream.pathname.replace(/\/$/, '');
  const isAbsolute = /^[a-z][a-z0-9+.-]*:/i.test(location) || location.startsWith('//');
  if (!isAbsolute && !location.startsWith('/')) return location;
  let path = location;
  if (isAbsolute) {
    const origin = originOf(location, upstream);
    if (origin === null) return location;
    path = origin;
  }
  if (base !== '' && path !== base && !/^[/?#]/.test(path.slice(base.length))) return location;
  if (!path.startsWith(base)) return location;
  const rest = path.slice(base.length);
  const mount = service.stripMount && service.mount !== '/' ? service.mount : '';
  const below = mount + (rest.startsWith('/') ? rest : `/${rest}`);
  // With two slashes in front it would name another host.
  return /^\/[/\\]/.test(below) ? location : below;
}

/** What follows the origin of an absolute location, as written, if that origin is the upstream's. */
function originOf(location: string, upstream: URL): string | null {
  try {
    const url = new URL(location, upstream);
    if (url.origin !== upstream.origin) return null;
    return url.pathname + url.search + url.hash;
  } catch {
    return null;
  }
}
