import type { Call, Door, UpstreamFailure } from '../core/call.js';
import { forwardedForLines } from '../core/caller.js';
import type { AccessOutcome } from '../core/check-access.js';
import { presentedSecrets } from '../core/credential.js';
import type { Decision } from '../core/decision.js';
import type { HeldCredential, NewCall } from '../core/ports.js';
import { redactHeader, redactPath, redactQuery } from '../core/redaction.js';
import type { Arrival } from './arrival.js';

/** Where a call came in and what it asked for. */
export interface CallPlace {
  readonly door: Door;
  readonly serviceId: string | null;
  /** The route's template. */
  readonly route: string | null;
}

/** What a call was answered with, as far as it is known when its row is written. */
export interface CallAnswer {
  readonly status: number | null;
  /** Why an allowed call was ours to answer. */
  readonly failure?: UpstreamFailure;
  readonly upstreamStatus?: number;
  readonly upstreamMs?: number;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
}

/** The one row of a call: who, what, decided how, answered how, from where. */
export function callRow(
  arrival: Arrival,
  outcome: AccessOutcome,
  place: CallPlace,
  answer: CallAnswer,
): NewCall {
  const { credential, decision } = outcome;
  const { headers, rawHeaders } = arrival.request;
  const forwardedFor = forwardedForLines(rawHeaders);
  const presented = presentedSecrets(arrival.credential);
  return {
    position: arrival.position,
    id: arrival.id,
    at: arrival.at,
    accountId: credential?.account.id ?? null,
    keyId: credential?.key.id ?? null,
    keyName: credential?.key.name ?? null,
    environment: credential?.key.environment ?? null,
    secretId: credential?.id ?? null,
    secretStart: credential?.start ?? null,
    secretState: outcome.secretState,
    rotationId: watchedRotationOf(credential, arrival.at),
    credential: outcome.credentialKind,
    door: place.door,
    actor: null,
    serviceId: place.serviceId,
    method: arrival.method,
    host: redactHeader(headers.host, presented),
    path: redactPath(arrival.target.path.raw, presented),
    query: redactQuery(arrival.target.rawQuery, presented),
    route: place.route,
    ...scopesOf(decision),
    decision: decision.allowed ? 'allowed' : 'denied',
    reason: decision.allowed ? (answer.failure ?? null) : decision.reason,
    wouldDeny: outcome.wouldDeny,
    status: answer.status,
    upstreamStatus: answer.upstreamStatus ?? null,
    callerIp: arrival.caller.determined ? arrival.caller.ip : null,
    peerIp: arrival.peerIp,
    forwardedFor:
      forwardedFor.length === 0 ? null : redactHeader(forwardedFor.join(', '), presented),
    userAgent: redactHeader(headers['user-agent'], presented),
    clientRequestId: redactHeader(firstOf(headers['x-request-id']), presented),
    durationMs: answer.status === null ? null : durationMs(arrival),
    upstreamMs: answer.upstreamMs ?? null,
    requestBytes: answer.requestBytes ?? null,
    responseBytes: answer.responseBytes ?? null,
  };
}

/** The rotation that counts this call, if one watches the secret it came with. */
function watchedRotationOf(credential: HeldCredential | null, at: number): string | null {
  const rotation = credential?.rotation ?? null;
  return rotation !== null && at < rotation.watchedUntil ? rotation.id : null;
}

/** Milliseconds since the request arrived, to a hundredth. */
export function durationMs(arrival: Arrival): number {
  return Math.round((performance.now() - arrival.startedMs) * 100) / 100;
}

const noScopes: readonly string[] = [];

function scopesOf(
  decision: Decision,
): Pick<Call, 'requiredScopes' | 'usedScopes' | 'missingScopes'> {
  if (decision.allowed) {
    return {
      requiredScopes: decision.usedScopes,
      usedScopes: decision.usedScopes,
      missingScopes: noScopes,
    };
  }
  const { requiredScopes = noScopes, missingScopes = noScopes } = decision.context;
  return { requiredScopes, usedScopes: noScopes, missingScopes };
}

function firstOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
