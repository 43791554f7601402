import type { Target } from '../../../core/access-request.js';
import { readSecretSentAs } from '../../../core/credential.js';
import { canonicalIp } from '../../../core/ip-address.js';
import type { HeldCredential } from '../../../core/ports.js';
import { readRequestTarget, type RequestTarget } from '../../../core/request-path.js';
import type { Resolution, RouteMatch } from '../../../core/route-table.js';
import { alsoRequiring } from '../../../core/scope-set.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import type { Arrival, Attempt, Beginning } from '../../arrival.js';
import { placeOf, type CallPlace } from '../../call-row.js';
import type { CheckRequest } from './verify.dto.js';

export const verifyPath = '/latchkey/v1/verify';

/** Where a check without a path leads: nowhere, so that its scopes decide alone. */
const noPath: RequestTarget = {
  path: { valid: true, raw: '', rawSegments: [], segments: [] },
  rawQuery: null,
};

/** @param arrival the call that asks for it */
export function attemptOf(
  check: CheckRequest,
  beginning: Beginning,
  arrival: Arrival,
  verifier: HeldCredential,
): Attempt {
  const { id, position, at, startedMs } = beginning;
  const { method, host, path, userAgent, callerIp } = check;
  return {
    id,
    position,
    at,
    startedMs,
    method,
    target: path === undefined ? noPath : readRequestTarget(path),
    credential: readSecretSentAs(check.sentAs ?? 'bearer', check.credential),
    caller: { determined: true, ip: canonicalIp(callerIp) as string },
    // The trusted proxies before us are no news; who vouches for the caller's address is.
    peerIp: arrival.caller.determined ? arrival.caller.ip : arrival.peerIp,
    actor: verifier.key.id,
    headers: { host, 'user-agent': userAgent },
    rawHeaders: [],
  };
}

/** @param resolution `null` without a path */
export function targetOf(
  resolution: Resolution<PublishedService> | null,
  scopes: readonly string[],
): Target {
  if (resolution !== null) {
    const { service, match } = resolution;
    return { service, match: requiring(match, scopes) };
  }
  const scopeSets = alsoRequiring([], scopes);
  return { service: null, match: { kind: 'own', path: verifyPath, scopeSets, isMetered: true } };
}

/** A route that is open to anybody is not where scopes are asked for as well. */
function requiring(match: RouteMatch, scopes: readonly string[]): RouteMatch {
  if (match.kind !== 'found' || scopes.length === 0) return match;
  const { route } = match;
  const scopeSets = alsoRequiring(route.scopeSets, scopes);
  return { ...match, route: { ...route, scopeSets, public: false } };
}

/** @param resolution `null` without a path */
export function placeOfCheck(resolution: Resolution<PublishedService> | null): CallPlace {
  return resolution === null
    ? { door: 'verify', serviceId: null, route: null }
    : placeOf('verify', resolution);
}
