import type { IncomingMessage } from 'node:http';
import { findCaller, peerIpOf, type CallerReading } from '../core/caller.js';
import { orSession, readCredential, type CredentialReading } from '../core/credential.js';
import { newCallId } from '../core/ids.js';
import type { IpRuleSet } from '../core/ip-allowlist.js';
import type { CallLog, Clock } from '../core/ports.js';
import { originOf, type SentFrom } from '../core/request-origin.js';
import { readRequestTarget, type RequestTarget } from '../core/request-path.js';
import { sessionTokensIn, type SessionCookie } from '../core/session-cookie.js';

/** Where a call begins: its place in the log, its name, and its time. */
export interface Beginning {
  /** The call's id, which is the `correlationId` of whatever is answered. */
  readonly id: string;
  readonly position: number;
  /** Epoch milliseconds; the call is judged by this time. */
  readonly at: number;
  /** `performance.now()` as it began, to measure with. */
  readonly startedMs: number;
}

/**
 * What is judged and has a row: a request to us, or one to a server that asks us about it (`verify`), which we know from what
 * that server says.
 */
export interface Attempt extends Beginning {
  readonly method: string;
  readonly target: RequestTarget;
  readonly credential: CredentialReading;
  readonly caller: CallerReading;
  /** Where a session is a credential: whether a page of ours sent it. */
  readonly sentFrom?: SentFrom;
  /** Where it came to us from: the TCP peer, empty if it was gone before it could be asked. */
  readonly peerIp: string;
  /** The id of the key that asks for the caller; `null` where the caller asks. */
  readonly actor: string | null;
  readonly headers: KeptHeaders;
  /** Names and values in turn, as Node gives them; empty where there are none to see. */
  readonly rawHeaders: readonly string[];
}

/** The headers that a row keeps, and `Referer`, which is only looked through. */
export interface KeptHeaders {
  readonly host?: string | undefined;
  readonly referer?: string | undefined;
  readonly 'user-agent'?: string | undefined;
  readonly 'x-request-id'?: string | string[] | undefined;
}

/** A request as it came in, read once: every later step works on this reading. */
export interface Arrival extends Attempt {
  /** Whether the peer is a trusted proxy, whose forwarding headers count. */
  readonly peerIsTrusted: boolean;
  readonly request: IncomingMessage;
}

/** What a call needs before anything is known of it. */
interface Surroundings {
  readonly clock: Clock;
  readonly callLog: CallLog;
}

export function beginCall({ clock, callLog }: Surroundings): Beginning {
  const at = clock.now();
  const position = callLog.nextPosition(at);
  return { id: newCallId(position), position, at, startedMs: performance.now() };
}

export function readArrival(
  request: IncomingMessage,
  surroundings: Surroundings & { readonly trustedProxies: IpRuleSet },
): Arrival {
  const { id, position, at, startedMs } = beginCall(surroundings);
  const { trustedProxies } = surroundings;
  const { headers, rawHeaders } = request;
  const target = readRequestTarget(request.url ?? '');
  const peerIp = peerIpOf(request.socket.remoteAddress);
  // Field by field: V8 makes an object that begins with a copy of another one anew, shape and all, for each call.
  return {
    id,
    position,
    at,
    startedMs,
    method: request.method ?? '',
    target,
    credential: readCredential(rawHeaders, target.rawQuery ?? ''),
    caller: findCaller(peerIp, rawHeaders, trustedProxies),
    peerIp,
    actor: null,
    headers,
    rawHeaders,
    peerIsTrusted: peerIp !== '' && trustedProxies.has(peerIp),
    request,
  };
}

/** Where people come with a browser, and how it keeps their session. */
export interface ConsoleSide {
  readonly cookie: SessionCookie;
  /** `null` if nobody has said. */
  readonly origin: string | null;
}

/** The same where a session is a credential as well. */
export function withSession(arrival: Arrival, { cookie, origin }: ConsoleSide): Arrival {
  const { method, rawHeaders, request, credential } = arrival;
  return {
    ...arrival,
    credential: orSession(credential, sessionTokensIn(rawHeaders, cookie)),
    sentFrom: { method, origin: originOf(request.headers, origin) },
  };
}
