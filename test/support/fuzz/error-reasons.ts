import { denials } from '../denials.js';

/** What errors that are no denials say, copied by hand from contract §3 and §4: this is what the code is held to. */
const others: Readonly<Record<string, readonly [status: number, category: string]>> = {
  VALIDATION_FAILED: [400, 'VALIDATION_ERROR'],
  REQUEST_MALFORMED: [400, 'INVALID_REQUEST'],
  SCOPE_NOT_GRANTABLE: [403, 'FORBIDDEN'],
  LIMIT_NOT_GRANTABLE: [403, 'FORBIDDEN'],
  KEY_OF_OTHERS: [403, 'FORBIDDEN'],
  SIGN_IN_FAILED: [403, 'INVALID_AUTHENTICATION'],
  SECOND_FACTOR_NEEDED: [403, 'INVALID_AUTHENTICATION'],
  SECOND_FACTOR_FAILED: [403, 'INVALID_AUTHENTICATION'],
  PASSKEY_FAILED: [403, 'INVALID_AUTHENTICATION'],
  SELF_EDIT: [403, 'FORBIDDEN'],
  OBJECT_NOT_FOUND: [404, 'NOT_FOUND'],
  CONFLICT: [409, 'CONFLICT'],
  PRECONDITION_FAILED: [412, 'CONFLICT'],
  BODY_TOO_LARGE: [413, 'INVALID_REQUEST'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'INVALID_REQUEST'],
  EXPECTATION_FAILED: [417, 'INVALID_REQUEST'],
  IDEMPOTENCY_KEY_REUSED: [422, 'CONFLICT'],
  TOO_MANY_ATTEMPTS: [429, 'RATE_LIMITS'],
  TOO_MANY_STREAMS: [429, 'RATE_LIMITS'],
  HEADERS_TOO_LARGE: [431, 'INVALID_REQUEST'],
  UPGRADE_NOT_SUPPORTED: [501, 'INVALID_REQUEST'],
  UPSTREAM_UNREACHABLE: [502, 'UPSTREAM'],
  UPSTREAM_CREDENTIAL_REFUSED: [502, 'UPSTREAM'],
  UPSTREAM_TIMEOUT: [504, 'UPSTREAM'],
};

/** Every error that a healthy Latchkey gives. `INTERNAL` is none of them, nor is a store or a log that is away. */
export const errorReasons: Readonly<Record<string, { status: number; category: string }>> = {
  ...Object.fromEntries(Object.entries(denials).filter(([, { status }]) => status < 500)),
  ...Object.fromEntries(
    Object.entries(others).map(([reason, [status, category]]) => [reason, { status, category }]),
  ),
};

/** The answers that are the upstream's fault, and no fault of ours where it fails on purpose. */
export const upstreamFailures = [502, 504];
