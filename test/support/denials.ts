import { expect } from '@jest/globals';
import type { CallRow, Json } from './latchkey.js';

/** What an answer has in common, whether `fetch` or raw TCP brought it. */
export interface AnyAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null | undefined };
  readonly text: string;
  readonly json: Json;
}

interface DenialFacts {
  readonly status: number;
  readonly category: string;
  readonly challenge: string | null;
}

const realm = 'Bearer realm="latchkey"';
const invalidToken = `${realm}, error="invalid_token"`;

/** Contract §3, copied by hand: this is what the code is held to. SCOPE_MISSING names its scopes, so it is given there. */
export const denials: Readonly<Record<string, DenialFacts>> = {
  PROXY_NOT_TRUSTED: { status: 403, category: 'FORBIDDEN', challenge: null },
  CALL_UNCLEAR: { status: 400, category: 'INVALID_REQUEST', challenge: null },
  CALLER_UNDETERMINED: { status: 400, category: 'INVALID_REQUEST', challenge: null },
  PATH_INVALID: { status: 400, category: 'INVALID_REQUEST', challenge: null },
  CREDENTIALS_MISSING: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: realm },
  CREDENTIALS_MALFORMED: {
    status: 400,
    category: 'INVALID_REQUEST',
    challenge: `${realm}, error="invalid_request"`,
  },
  KEY_UNKNOWN: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: invalidToken },
  SESSION_UNKNOWN: { status: 401, category: 'INVALID_AUTHENTICATION', challenge: realm },
  SESSION_ENDED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: realm },
  SESSION_EXPIRED: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: realm },
  CROSS_ORIGIN: { status: 403, category: 'FORBIDDEN', challenge: null },
  SECRET_EXPIRED: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: invalidToken },
  SECRET_OVER_AGE: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: invalidToken },
  SECRET_BROWNOUT: { status: 401, category: 'EXPIRED_AUTHENTICATION', challenge: invalidToken },
  KEY_REVOKED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: invalidToken },
  SECRET_REVOKED: { status: 401, category: 'REVOKED_AUTHENTICATION', challenge: invalidToken },
  KEY_SUSPENDED: { status: 403, category: 'FORBIDDEN', challenge: null },
  ACCOUNT_SUSPENDED: { status: 403, category: 'FORBIDDEN', challenge: null },
  HAPIKEY_NOT_ALLOWED: { status: 403, category: 'FORBIDDEN', challenge: null },
  IP_NOT_ALLOWED: { status: 403, category: 'IP_NOT_ALLOWED', challenge: null },
  SERVICE_NOT_AVAILABLE: { status: 403, category: 'FORBIDDEN', challenge: null },
  ROUTE_UNKNOWN: { status: 404, category: 'NOT_FOUND', challenge: null },
  METHOD_NOT_ALLOWED: { status: 405, category: 'NOT_FOUND', challenge: null },
  SESSION_NEEDED: { status: 403, category: 'FORBIDDEN', challenge: null },
  SCOPE_MISSING: { status: 403, category: 'MISSING_SCOPES', challenge: null },
  RATE_LIMITED: { status: 429, category: 'RATE_LIMITS', challenge: null },
  STORE_UNAVAILABLE: { status: 503, category: 'UNAVAILABLE', challenge: null },
};

const engagementLines = ['hapikey', 'oauth-token', 'x-access-token'];

/** The envelope of contract §4, whatever the error is. @returns its `errors[0]` */
export function expectEnvelope(
  answer: AnyAnswer,
  expected: { reason: string; category: string },
): Json {
  const { json } = answer;
  const tellsEngagement = ['CREDENTIALS_MISSING', 'CREDENTIALS_MALFORMED'].includes(
    expected.reason,
  );
  const members = ['category', 'correlationId', 'errors', 'links', 'message', 'reason', 'status'];
  expect(Object.keys(json).sort()).toEqual(
    [
      ...members,
      ...(tellsEngagement ? ['engagement'] : []),
      ...(expected.reason === 'RATE_LIMITED' ? ['policyName'] : []),
    ].sort(),
  );
  expect(json).toMatchObject({ status: 'error', ...expected });
  expect(json.message).toEqual(expect.stringMatching(/\S/));
  expect(json.links.documentation).toMatch(new RegExp(`/errors/${expected.reason}$`));
  if (tellsEngagement) expect(Object.keys(json.engagement).sort()).toEqual(engagementLines);
  for (const detail of json.errors) {
    expect(detail).toMatchObject({
      message: expect.any(String),
      code: expect.any(String),
      in: expect.any(String),
    });
  }
  expectErrorHeaders(answer);
  expect(answer.headers.get('x-correlation-id')).toBe(json.correlationId);
  return json.errors[0];
}

/** What is left to see of an error where there is no body (HEAD). */
export function expectErrorHeaders({ headers }: AnyAnswer): void {
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-correlation-id')).toMatch(/^call_[0-9A-Za-z]{23}$/);
}

/**
 * A denial as contract §3 and §4 have it: status, `WWW-Authenticate`, envelope, and its one row.
 *
 * @param rows every row that this call made
 * @param row what else the row must say
 */
export function expectDenial(
  answer: AnyAnswer,
  reason: string,
  rows: readonly CallRow[],
  row: CallRow = {},
): Json {
  const { status, category, challenge } = denials[reason] as DenialFacts;
  expect([answer.status, answer.json?.reason]).toEqual([status, reason]);
  const detail = expectEnvelope(answer, { reason, category });
  expect(detail.code).toBe(reason);
  if (reason !== 'SCOPE_MISSING')
    expect(answer.headers.get('www-authenticate') ?? null).toBe(challenge);
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    id: answer.json.correlationId,
    decision: 'denied',
    reason,
    status,
    ...row,
  });
  return detail;
}

/** Neither body nor headers, nor the row, repeat what the caller sent in secret. */
export function expectNoSecret(
  secrets: readonly string[],
  answer: AnyAnswer,
  rows: readonly CallRow[],
): void {
  const headers: string[] = [];
  (answer.headers as unknown as Map<string, string>).forEach((value, name) =>
    headers.push(`${name}: ${value}`),
  );
  const seen = [answer.text, ...headers, JSON.stringify(rows)].join('\n');
  for (const secret of secrets) {
    for (const spelling of [secret, encodeURIComponent(secret)])
      expect(seen).not.toContain(spelling);
  }
}
