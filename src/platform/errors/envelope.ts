import type { Category as DenialCategory, DenialReason } from '../../core/decision.js';
import { redactTold } from '../../core/redaction.js';

/** What an error can be for, beyond a denial (contract §4), with its status and category. */
const others = {
  VALIDATION_FAILED: { status: 400, category: 'VALIDATION_ERROR' },
  REQUEST_MALFORMED: { status: 400, category: 'INVALID_REQUEST' },
  SCOPE_NOT_GRANTABLE: { status: 403, category: 'FORBIDDEN' },
  LIMIT_NOT_GRANTABLE: { status: 403, category: 'FORBIDDEN' },
  KEY_OF_OTHERS: { status: 403, category: 'FORBIDDEN' },
  SIGN_IN_FAILED: { status: 403, category: 'INVALID_AUTHENTICATION' },
  SECOND_FACTOR_NEEDED: { status: 403, category: 'INVALID_AUTHENTICATION' },
  SECOND_FACTOR_FAILED: { status: 403, category: 'INVALID_AUTHENTICATION' },
  PASSKEY_FAILED: { status: 403, category: 'INVALID_AUTHENTICATION' },
  SELF_EDIT: { status: 403, category: 'FORBIDDEN' },
  OBJECT_NOT_FOUND: { status: 404, category: 'NOT_FOUND' },
  REQUEST_TIMEOUT: { status: 408, category: 'INVALID_REQUEST' },
  CONFLICT: { status: 409, category: 'CONFLICT' },
  PRECONDITION_FAILED: { status: 412, category: 'CONFLICT' },
  BODY_TOO_LARGE: { status: 413, category: 'INVALID_REQUEST' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, category: 'INVALID_REQUEST' },
  EXPECTATION_FAILED: { status: 417, category: 'INVALID_REQUEST' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, category: 'CONFLICT' },
  TOO_MANY_ATTEMPTS: { status: 429, category: 'RATE_LIMITS' },
  TOO_MANY_STREAMS: { status: 429, category: 'RATE_LIMITS' },
  HEADERS_TOO_LARGE: { status: 431, category: 'INVALID_REQUEST' },
  INTERNAL: { status: 500, category: 'INTERNAL' },
  UPGRADE_NOT_SUPPORTED: { status: 501, category: 'INVALID_REQUEST' },
  UPSTREAM_UNREACHABLE: { status: 502, category: 'UPSTREAM' },
  UPSTREAM_CREDENTIAL_REFUSED: { status: 502, category: 'UPSTREAM' },
  UPSTREAM_TIMEOUT: { status: 504, category: 'UPSTREAM' },
} as const;

export type OtherReason = keyof typeof others;

export type Category = DenialCategory | (typeof others)[OtherReason]['category'];

export const otherReasons: Readonly<Record<OtherReason, { status: number; category: Category }>> =
  others;

/** One thing that is wrong, and where. */
export interface ErrorDetail {
  readonly message: string;
  readonly code: string;
  /** Where it lies: `body`, `query`, `path`, `headers`, `scopes`, `ip`, … */
  readonly in: string;
  readonly context?: Readonly<Record<string, unknown>>;
}

/** The one shape of every error, on both listeners (contract §4). */
export interface ErrorEnvelope {
  readonly status: 'error';
  readonly category: Category;
  readonly reason: DenialReason | OtherReason;
  readonly message: string;
  readonly correlationId: string;
  readonly errors: readonly ErrorDetail[];
  readonly links: { readonly documentation: string };
  readonly engagement?: Readonly<Record<string, string>>;
  /** With RATE_LIMITED: which limit had no room. */
  readonly policyName?: string;
}

/** An answer that is an error, ready for whoever writes HTTP. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorEnvelope;
}

export function errorAnswer(
  status: number,
  body: Omit<ErrorEnvelope, 'status' | 'links'>,
  headers: Readonly<Record<string, string>> = {},
): ErrorAnswer {
  const links = { documentation: `/latchkey/errors/${body.reason}` };
  const all: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Correlation-Id': body.correlationId,
  };
  return {
    status,
    headers: Object.assign(all, headers),
    body: { status: 'error', ...body, links },
  };
}

// What an error repeats of the request is as long as the caller likes.
const messageBytesMax = 4096;
const contextBytesMax = 256;

/**
 * The answer for an error that is no denial. It may repeat what was wrong in the request (the name of a property, a scope), so
 * it is masked: somebody may have put a secret there.
 *
 * @param presented what the request carried as its credential
 */
export function otherAnswer(
  reason: OtherReason,
  message: string,
  correlationId: string,
  errors: readonly ErrorDetail[] = [],
  presented: readonly string[] = [],
): ErrorAnswer {
  const { status, category } = otherReasons[reason];
  const told = (text: string) => redactTold(text, presented, messageBytesMax);
  const body = { category, reason, message: told(message), correlationId };
  const details = errors.map(({ context, ...detail }) => ({
    ...detail,
    message: told(detail.message),
    ...(context && { context: redactContext(context, presented) }),
  }));
  return errorAnswer(status, { ...body, errors: details });
}

function redactContext<T>(context: T, presented: readonly string[]): T {
  const redact = (_name: string, member: unknown): unknown =>
    typeof member === 'string' ? redactTold(member, presented, contextBytesMax) : member;
  return JSON.parse(JSON.stringify(context, redact)) as T;
}
