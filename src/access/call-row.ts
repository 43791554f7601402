import type { Call, Door, UpstreamFailure } from '../core/call.js';
import { forwardedForLines } from '../core/caller.js';
import type { AccessOutcome } from '../core/check-access.js';
import { presentedSecrets } from '../core/credential.js';
import type { Decision } from '../core/decision.js';
import type { HeldCredential, NewCall } from '../core/ports.js';
import { redactHeader, redactPath, redactQuery } from '../core/redaction.js';
import type { Resolution } from '../core/route-table.js';
import type { Attempt, Beginning } from './arrival.js';

/** Where a call came in and what it asked for. */
export interface CallPlace {
  readonly door: Door;
  readonly serviceId: string | null;
  /** The route's template. */
  readonly route: string | null;
}

/** Where the routes of the services have led a call. */
export function placeOf(
  door: Door,
  { service, match }: Resolution<{ readonly id: string }>,
): CallPlace {
  const route = match.kind === 'found' ? match.route.path : null;
  return { door, serviceId: service?.id ?? null, route };
}

/** What a call was answered with, as far as it is known when its row is written. */
export interface CallAnswer {
  readonly status: number | null;
  /** Whoever is told of it may have it take effect: it has its row whoever calls. */
  readonly mayHaveEffect?: boolean;
  /** Why an allowed call was ours to answer. */
  readonly failure?: UpstreamFailure;
  readonly upstreamStatus?: number;
  readonly upstreamMs?: number;
  readonly requestBytes?: number;
  readonly responseBytes?: number;
}

/** The one row of a call: who, what, decided how, answered how, from where. */
export function callRow(
  attempt: Attempt,
  outcome: AccessOutcome,
  place: CallPlace,
  answer: CallAnswer,
): NewCall {
  const { credential, session, member, decision } = outcome;
  const { headers, rawHeaders } = attempt;
  const forwardedFor = forwardedForLines(rawHeaders);
  const presented = presentedSecrets(attempt.credential);
  const scopes = scopesOf(decision);
  return {
    position: attempt.position,
    id: attempt.id,
    at: attempt.at,
    accountId: credential?.account.id ?? member?.account.id ?? null,
    keyId: credential?.key.id ?? null,
    keyName: credential?.key.name ?? null,
    environment: credential?.key.environment ?? null,
    secretId: credential?.id ?? null,
    secretStart: credential?.start ?? null,
    secretState: outcome.secretState,
    rotationId: watchedRotationOf(credential, attempt.at),
    credential: outcome.credentialKind,
    door: place.door,
    actor: attempt.actor ?? member?.id ?? session?.person.id ?? null,
    serviceId: place.serviceId,
    method: attempt.method,
    host: redactHeader(headers.host, presented),
    path: redactPath(attempt.target.path.raw, presented),
    query: redactQuery(attempt.target.rawQuery, presented),
    route: place.route,
    requiredScopes: scopes.requiredScopes,
    usedScopes: scopes.usedScopes,
    missingScopes: scopes.missingScopes,
    decision: decision.allowed ? 'allowed' : 'denied',
    reason: decision.allowed ? (answer.failure ?? null) : decision.reason,
    wouldDeny: outcome.wouldDeny,
    status: answer.status,
    upstreamStatus: answer.upstreamStatus ?? null,
    callerIp: attempt.caller.determined ? attempt.caller.ip : null,
    peerIp: attempt.peerIp,
    forwardedFor:
      forwardedFor.length === 0 ? null : redactHeader(forwardedFor.join(', '), presented),
    userAgent: redactHeader(headers['user-agent'], presented),
    clientRequestId: redactHeader(firstOf(headers['x-request-id']), presented),
    durationMs: answer.status === null ? null : durationMs(attempt),
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

/** Milliseconds since the call began, to a hundredth. */
export function durationMs({ startedMs }: Beginning): number {
  return Math.round((performance.now() - startedMs) * 100) / 100;
}

const noScopes: readonly string[] = [];

/** What a decision says of scopes, as a row has it. */
export function scopesOf(
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
