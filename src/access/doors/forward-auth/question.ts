import type { Target } from '../../../core/access-request.js';
import { forwardedForLines, type CallerReading } from '../../../core/caller.js';
import {
  presentedSecrets,
  readCredential,
  withoutHapikey,
  type CredentialReading,
} from '../../../core/credential.js';
import { carriesSecret, holdsSecretOfOurs } from '../../../core/redaction.js';
import { readRequestTarget, type RequestTarget } from '../../../core/request-path.js';
import type { ServiceCatalog, PublishedService } from '../../../store/service-catalog.js';
import type { Arrival, Attempt } from '../../arrival.js';
import { placeOf, type CallPlace } from '../../call-row.js';
import type { AskingProxy } from './asking-proxy.js';
import { forwardAuthPath } from './forward-auth-path.js';

/** What is judged when a proxy asks: the call that it tells of, or the question itself, where that tells of none. */
export interface Question {
  readonly attempt: Attempt;
  readonly target: Target;
  readonly place: CallPlace;
  /** Where the call leads. */
  readonly service: PublishedService | null;
  /** What the proxy is to send on, where that is not what came. */
  readonly uriInstead: string | null;
}

export function questionOf(
  arrival: Arrival,
  proxy: AskingProxy,
  services: ServiceCatalog,
): Question {
  if (!arrival.peerIsTrusted) return noCall(arrival, proxy, { kind: 'asker_untrusted' });
  if (!proxy.asksByCall && !askingMethods.includes(arrival.method))
    return noCall(arrival, proxy, { kind: 'method_not_allowed', allow: askingMethods });
  const told = proxy.tell(arrival);
  if (!told.clear) return noCall(arrival, proxy, { kind: 'call_unclear', detail: told.detail });
  const target = readToldUri(told.uri);
  const { service, match } = services.resolve(told.method, target.path);
  const credential = readCredential(arrival.rawHeaders, target.rawQuery ?? '');
  const uriInstead = proxy.takesHapikeyOut ? uriWithoutHapikey(target) : null;
  const takesHapikeyOut = proxy.takesHapikeyOut && !holdsSecret(uriInstead, credential);
  const { referer, 'user-agent': userAgent, 'x-request-id': requestId } = arrival.headers;
  return {
    attempt: {
      id: arrival.id,
      position: arrival.position,
      at: arrival.at,
      startedMs: arrival.startedMs,
      method: told.method,
      target,
      credential,
      caller: callerOf(arrival),
      peerIp: arrival.peerIp,
      actor: null,
      rawHeaders: arrival.rawHeaders,
      headers: { host: told.host, referer, 'user-agent': userAgent, 'x-request-id': requestId },
    },
    target: { service, match, forwarder: { takesHapikeyOut } },
    place: placeOf('forward_auth', { service, match, rawRest: '' }),
    service,
    uriInstead,
  };
}

/** @returns `null` if there is none in it */
function uriWithoutHapikey({ path, rawQuery }: RequestTarget): string | null {
  const query = withoutHapikey(rawQuery);
  if (query === rawQuery) return null;
  return path.raw + (query === null ? '' : `?${query}`);
}

/** No answer repeats a secret: what is left of a URI is not told if there is another in it. */
function holdsSecret(uri: string | null, credential: CredentialReading): boolean {
  if (uri === null) return false;
  return (
    holdsSecretOfOurs(uri) ||
    presentedSecrets(credential).some((secret) => carriesSecret(uri, secret))
  );
}

const askingMethods: readonly string[] = ['GET', 'HEAD'];

function noCall(arrival: Arrival, { name }: AskingProxy, match: Target['match']): Question {
  return {
    attempt: arrival,
    target: { service: null, match },
    place: { door: 'forward_auth', serviceId: null, route: forwardAuthPath(name) },
    service: null,
    uriInstead: null,
  };
}

/** As the caller sent it to the proxy. What Node's parser would refuse at the gateway is refused here as well. */
function readToldUri(uri: string): RequestTarget {
  const target = readRequestTarget(uri);
  const detail = !uri.startsWith('/')
    ? 'the request target is not a path'
    : /^[\x21-\x7e]*$/.test(uri)
      ? null
      : 'the request target holds a character that must be percent-encoded';
  return detail === null
    ? target
    : { ...target, path: { valid: false, raw: target.path.raw, detail } };
}

/** The proxy is never the caller: where it does not say who is, the limits of a key by address would be asked about the proxy. */
function callerOf({ caller, rawHeaders }: Arrival): CallerReading {
  if (forwardedForLines(rawHeaders).length > 0) return caller;
  return { determined: false, detail: 'the proxy in front sent no X-Forwarded-For' };
}
