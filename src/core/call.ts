import type { DenialReason } from './decision.js';

/** The ways in (contract §6, a call's `door`). */
export type Door = 'gateway' | 'forward_auth' | 'verify' | 'self' | 'management';

/** How the credential travelled, as a call records it. */
export type CredentialKind = 'hapikey' | 'bearer' | 'access_token' | 'session' | 'none';

export type SecretState = 'current' | 'retiring' | 'expired' | 'revoked';

/**
 * One row of the request log. Path and query are redacted and cut before they get here (`redaction.ts`).
 *
 * Times are epoch milliseconds, durations milliseconds with fractions, sizes bytes. `null` means: does not apply, or not
 * known when the row was written (`status: null` is *admitted, outcome unknown*).
 */
export interface Call {
  /** Order of arrival on this installation: `atMs * 4096 + n`, unique per node. The log is clustered by it. */
  readonly position: number;
  /** `call_…`: the position and an unguessable tail. The `correlationId` of the answer. */
  readonly id: string;
  readonly at: number;
  readonly nodeId: string;
  /** Numbers the rows of one node without gaps, so that a missing row shows. Given by the log as it takes the row. */
  readonly seq: number;
  readonly accountId: string | null;
  readonly keyId: string | null;
  readonly keyName: string | null;
  readonly environment: string | null;
  readonly secretId: string | null;
  readonly secretStart: string | null;
  readonly secretState: SecretState | null;
  readonly rotationId: string | null;
  readonly credential: CredentialKind;
  readonly door: Door;
  /** Who acted, where that is not the key itself (a member in the console). */
  readonly actor: string | null;
  readonly serviceId: string | null;
  readonly method: string;
  readonly host: string | null;
  readonly path: string;
  readonly query: string | null;
  /** The route's template, such as `/contacts/{id}`. */
  readonly route: string | null;
  readonly requiredScopes: readonly string[];
  readonly usedScopes: readonly string[];
  readonly missingScopes: readonly string[];
  readonly decision: 'allowed' | 'denied';
  /** A denial's reason, or why an allowed call was still ours to answer. */
  readonly reason: DenialReason | UpstreamFailure | null;
  /** What an allowlist in report mode would have said. */
  readonly wouldDeny: DenialReason | null;
  readonly status: number | null;
  readonly upstreamStatus: number | null;
  /** `null` only when a trusted proxy sent something that is no address. */
  readonly callerIp: string | null;
  readonly peerIp: string;
  readonly forwardedFor: string | null;
  readonly userAgent: string | null;
  readonly clientRequestId: string | null;
  /** To our first byte. */
  readonly durationMs: number | null;
  readonly upstreamMs: number | null;
  readonly requestBytes: number | null;
  readonly responseBytes: number | null;
}

/** Allowed, and still ours to answer (contract §3), or never answered: the client left first. */
export type UpstreamFailure =
  | 'UPSTREAM_UNREACHABLE'
  | 'UPSTREAM_TIMEOUT'
  | 'UPSTREAM_CREDENTIAL_REFUSED'
  | 'UPGRADE_NOT_SUPPORTED'
  | 'CLIENT_CLOSED';

/** What is learnt of a call after its row was written. */
export type CallOutcome = Pick<
  Call,
  | 'reason'
  | 'status'
  | 'upstreamStatus'
  | 'durationMs'
  | 'upstreamMs'
  | 'requestBytes'
  | 'responseBytes'
>;
