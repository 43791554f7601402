import type { IncomingMessage } from 'node:http';
import { findCaller, peerIpOf, type CallerReading } from '../core/caller.js';
import { readCredential, type CredentialReading } from '../core/credential.js';
import { newCallId } from '../core/ids.js';
import type { IpRuleSet } from '../core/ip-allowlist.js';
import type { CallLog, Clock } from '../core/ports.js';
import { readRequestTarget, type RequestTarget } from '../core/request-path.js';

/** A request as it came in, read once: every later step works on this reading. */
export interface Arrival {
  /** The call's id, which is the `correlationId` of whatever is answered. */
  readonly id: string;
  readonly position: number;
  /** Epoch milliseconds; the request is judged by this time. */
  readonly at: number;
  /** `performance.now()` at arrival, to measure with. */
  readonly startedMs: number;
  readonly method: string;
  readonly target: RequestTarget;
  readonly credential: CredentialReading;
  readonly caller: CallerReading;
  /** The TCP peer; empty if it was gone before it could be asked. */
  readonly peerIp: string;
  /** Whether the peer is a trusted proxy, whose forwarding headers count. */
  readonly peerIsTrusted: boolean;
  readonly request: IncomingMessage;
}

export function readArrival(
  request: IncomingMessage,
  { clock, callLog, trustedProxies }: { clock: Clock; callLog: CallLog; trustedProxies: IpRuleSet },
): Arrival {
  const at = clock.now();
  const position = callLog.nextPosition(at);
  const target = readRequestTarget(request.url ?? '');
  const peerIp = peerIpOf(request.socket.remoteAddress);
  return {
    id: newCallId(position),
    position,
    at,
    startedMs: performance.now(),
    method: request.method ?? '',
    target,
    credential: readCredential(request.rawHeaders, target.rawQuery ?? ''),
    caller: findCaller(peerIp, request.rawHeaders, trustedProxies),
    peerIp,
    peerIsTrusted: peerIp !== '' && trustedProxies.has(peerIp),
    request,
  };
}
