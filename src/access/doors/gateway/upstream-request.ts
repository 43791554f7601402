import { isSegmentNamed, presentedSecrets, withoutHapikey } from '../../../core/credential.js';
import { carriesSecret } from '../../../core/redaction.js';
import type { UpstreamCredential } from '../../../core/ports.js';
import { withoutSessionCookie } from '../../../core/session-cookie.js';
import type { PublishedService } from '../../../store/service-catalog.js';
import type { Arrival } from '../../arrival.js';
import { identityHeaders, type Identity } from '../../identity.js';
import { eachLine, namesOfThisHop, valuesOf, type HeaderLines } from '../../header-lines.js';

/**
 * The target for the upstream: its base path, the rest of the path byte for byte, the query without the caller's
 * credentials and with the service's own, if that is where it goes.
 */
export function upstreamPath(service: PublishedService, arrival: Arrival, rawRest: string): string {
  const base = service.upstream.pathname.replace(/\/$/, '');
  const path = service.stripMount ? rawRest : arrival.target.path.raw;
  const query = withCredential(withoutHapikey(arrival.target.rawQuery), service.credential);
  return base + path + (query === null ? '' : `?${query}`);
}

/** Puts the service's credential in place of any parameter of the same name. */
function withCredential(
  query: string | null,
  credential: UpstreamCredential | null,
): string | null {
  if (credential?.in !== 'query') return query;
  const { name, value } = credential;
  const kept = (query ?? '')
    .split('&')
    .filter((segment) => segment !== '' && !isSegmentNamed(segment, name));
  return [...kept, `${encodeURIComponent(name)}=${encodeURIComponent(value)}`].join('&');
}

// Never passed on: credentials, what this hop answers for, what only a proxy may say, and what would have a server act on
// another path or method than the one that was judged. Written as `spelledOf` has them.
const dropped = new Set([
  ...['authorization', 'x-access-token'],
  ...['host', 'expect', 'via', 'x-correlation-id'],
  ...['forwarded', 'forwarded-for', 'x-real-ip', 'x-client-ip', 'x-cluster-client-ip', 'client-ip'],
  ...['true-client-ip', 'cf-connecting-ip', 'fastly-client-ip', 'x-envoy-external-address'],
  ...['x-host', 'x-rewrite-url', 'x-http-method', 'x-http-method-override', 'x-method-override'],
]);
const droppedBeginnings = ['x-latchkey-', 'x-forwarded', 'x-original-'];

function isDropped(spelled: string): boolean {
  return (
    dropped.has(spelled) || droppedBeginnings.some((beginning) => spelled.startsWith(beginning))
  );
}

/** Some servers read `X_Latchkey_Key`, or even `X.Latchkey.Key`, as `X-Latchkey-Key`. */
function spelledOf(folded: string): string {
  return folded.replace(/[^a-z0-9]/g, '-');
}

/** The header lines for the upstream: the caller's, less what must not pass, then ours. */
export function upstreamHeaders(
  service: PublishedService,
  arrival: Arrival,
  identity: Identity | null,
): string[] {
  const { rawHeaders } = arrival.request;
  const ofThisHop = namesOfThisHop(rawHeaders);
  const presented = presentedSecrets(arrival.credential);
  const { credential } = service;
  const ownHeader = credential?.in === 'header' ? credential : null;
  const ownSpelled = ownHeader === null ? null : spelledOf(ownHeader.name.toLowerCase());
  const lines: string[] = ['Host', service.upstream.host];
  eachLine(rawHeaders, (name, folded, value) => {
    const spelled = spelledOf(folded);
    if (ofThisHop.has(folded) || isDropped(spelled) || spelled === ownSpelled) return;
    // A Referer or a cookie may carry the secret that came in the URL.
    if (presented.some((secret) => carriesSecret(value, secret))) return;
    const kept = folded === 'cookie' ? withoutSessionCookie(value) : value;
    if (kept !== null) lines.push(name, kept);
  });
  lines.push(
    'X-Correlation-Id',
    arrival.id,
    ...forwardingLines(arrival),
    ...(identity ? Object.entries(identityHeaders(identity)).flat() : []),
    ...(ownHeader ? [ownHeader.name, ownHeader.value] : []),
  );
  return lines;
}

function forwardingLines(arrival: Arrival): string[] {
  const { rawHeaders, headers, httpVersion } = arrival.request;
  const before = (name: string): HeaderLines =>
    arrival.peerIsTrusted ? valuesOf(rawHeaders, name) : [];
  const host = before('x-forwarded-host')[0] ?? headers.host;
  return [
    ...['X-Forwarded-For', [...before('x-forwarded-for'), arrival.peerIp].join(', ')],
    ...['X-Forwarded-Proto', isHttps(before('x-forwarded-proto')) ? 'https' : 'http'],
    ...(host === undefined ? [] : ['X-Forwarded-Host', host]),
    ...['Via', [...valuesOf(rawHeaders, 'via'), `${httpVersion} latchkey`].join(', ')],
  ];
}

/** Of several proxies the first said how the caller came. */
function isHttps(lines: HeaderLines): boolean {
  return /^[ \t]*https[ \t]*(?:,|$)/i.test(lines.join(','));
}
