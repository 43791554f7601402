/**
 * What a request may be answered with: allowed, or denied for exactly one reason.
 *
 * A denial is data. It becomes HTTP at a door and nowhere else. The order of the reasons here is the order in which
 * `access-steps.ts` looks for them; statuses and categories are contract §3.
 */
import type { LimitStanding } from './rate-limits.js';
import type { Role } from './roles.js';

export type Category =
  | 'INVALID_REQUEST'
  | 'INVALID_AUTHENTICATION'
  | 'EXPIRED_AUTHENTICATION'
  | 'REVOKED_AUTHENTICATION'
  | 'FORBIDDEN'
  | 'IP_NOT_ALLOWED'
  | 'NOT_FOUND'
  | 'MISSING_SCOPES'
  | 'RATE_LIMITS'
  | 'UNAVAILABLE';

/** RFC 6750 §3: what `WWW-Authenticate: Bearer` adds to the realm. `plain` is the realm alone, `none` is no header. */
export type Challenge =
  'none' | 'plain' | 'invalid_request' | 'invalid_token' | 'insufficient_scope';

interface DenialKind {
  readonly status: number;
  readonly category: Category;
  readonly challenge: Challenge;
}

const kinds = {
  PROXY_NOT_TRUSTED: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  CALL_UNCLEAR: { status: 400, category: 'INVALID_REQUEST', challenge: 'none' },
  CALLER_UNDETERMINED: { status: 400, category: 'INVALID_REQUEST', challenge: 'none' },
  PATH_INVALID: { status: 400, category: 'INVALID_REQUEST', challenge: 'none' },
  CREDENTIALS_MISSING: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: 'plain' },
  CREDENTIALS_MALFORMED: { status: 400, category: 'INVALID_REQUEST', challenge: 'invalid_request' },
  KEY_UNKNOWN: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: 'invalid_token' },
  SESSION_UNKNOWN: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: 'plain' },
  SESSION_ENDED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: 'plain' },
  SESSION_EXPIRED: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: 'plain' },
  CROSS_ORIGIN: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  SECRET_EXPIRED: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: 'invalid_token' },
  SECRET_OVER_AGE: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: 'invalid_token' },
  SECRET_BROWNOUT: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: 'invalid_token' },
  KEY_REVOKED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: 'invalid_token' },
  SECRET_REVOKED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: 'invalid_token' },
  KEY_SUSPENDED: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  ACCOUNT_SUSPENDED: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  HAPIKEY_NOT_ALLOWED: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  IP_NOT_ALLOWED: { status: 403, category: 'IP_NOT_ALLOWED', challenge: 'none' },
  SERVICE_NOT_AVAILABLE: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  ROUTE_UNKNOWN: { status: 404, category: 'NOT_FOUND', challenge: 'none' },
  METHOD_NOT_ALLOWED: { status: 405, category: 'NOT_FOUND', challenge: 'none' },
  SESSION_NEEDED: { status: 403, category: 'FORBIDDEN', challenge: 'none' },
  SCOPE_MISSING: { status: 403, category: 'MISSING_SCOPES', challenge: 'insufficient_scope' },
  RATE_LIMITED: { status: 429, category: 'RATE_LIMITS', challenge: 'none' },
  STORE_UNAVAILABLE: { status: 503, category: 'UNAVAILABLE', challenge: 'none' },
  LOG_UNAVAILABLE: { status: 503, category: 'UNAVAILABLE', challenge: 'none' },
} as const satisfies Record<string, DenialKind>;

/** The closed union of everything a request can be denied for. */
export type DenialReason = keyof typeof kinds;

/** Status, category and challenge of each reason. */
export const denialKinds: Readonly<Record<DenialReason, DenialKind>> = kinds;

/** What a denial knows beyond its reason; each field belongs to the reasons named beside it. */
export interface DenialContext {
  /** ACCOUNT_SUSPENDED, SCOPE_MISSING, IP_NOT_ALLOWED: that it was somebody who is signed in, and their role there; `null` where they have none. */
  readonly person?: { readonly role: Role | null };
  /** IP_NOT_ALLOWED: the address that was judged. */
  readonly callerIp?: string;
  /**
   * SECRET_EXPIRED, SESSION_ENDED, SESSION_EXPIRED: epoch milliseconds at which it ended. SECRET_OVER_AGE: from which it has been too old.
   * SECRET_BROWNOUT: at which it works again.
   */
  readonly endedAt?: number;
  /** SECRET_EXPIRED: the rotation that ended it, if one did. SECRET_BROWNOUT: the one it is in. */
  readonly rotationId?: string;
  /** METHOD_NOT_ALLOWED: the methods the path does take, for `Allow`. */
  readonly allow?: readonly string[];
  /** SCOPE_MISSING: the nearest scope set, and what of it the key lacks. */
  readonly requiredScopes?: readonly string[];
  readonly missingScopes?: readonly string[];
  /** RATE_LIMITED: the limit that has no room, and if several have none, the one that takes longest to have some. */
  readonly limit?: LimitStanding;
  /**
   * PATH_INVALID, CREDENTIALS_MALFORMED, CALLER_UNDETERMINED, CALL_UNCLEAR: what is wrong, in words that echo no input.
   * HAPIKEY_NOT_ALLOWED, SERVICE_NOT_AVAILABLE: why, if it is this way in that does not allow it.
   */
  readonly detail?: string;
  /** SECRET_BROWNOUT, RATE_LIMITED, STORE_UNAVAILABLE, LOG_UNAVAILABLE: seconds until a retry makes sense. */
  readonly retryAfterSeconds?: number;
}

export interface Allowed {
  readonly allowed: true;
  /** The scopes that opened the route: the satisfied set, empty where any valid key suffices. */
  readonly usedScopes: readonly string[];
}

export interface Denied {
  readonly allowed: false;
  readonly reason: DenialReason;
  readonly context: DenialContext;
}

export type Decision = Allowed | Denied;

export function deny(reason: DenialReason, context: DenialContext = {}): Denied {
  return { allowed: false, reason, context };
}
