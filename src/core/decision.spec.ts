import { describe, expect, it } from '@jest/globals';
import { denialKinds, deny, type Category, type Challenge } from './decision.js';

/** Contract §3, line by line, and the reasons that have joined it since (ADR 25, ADR 27). */
const table: readonly [reason: string, status: number, category: Category, challenge: Challenge][] =
  [
    ['PROXY_NOT_TRUSTED', 403, 'FORBIDDEN', 'none'],
    ['CALL_UNCLEAR', 400, 'INVALID_REQUEST', 'none'],
    ['CALLER_UNDETERMINED', 400, 'INVALID_REQUEST', 'none'],
    ['PATH_INVALID', 400, 'INVALID_REQUEST', 'none'],
    ['CREDENTIALS_MISSING', 401, 'INVALID_AUTHENTICATION', 'plain'],
    ['CREDENTIALS_MALFORMED', 400, 'INVALID_REQUEST', 'invalid_request'],
    ['KEY_UNKNOWN', 401, 'INVALID_AUTHENTICATION', 'invalid_token'],
    ['SESSION_UNKNOWN', 401, 'INVALID_AUTHENTICATION', 'plain'],
    ['SESSION_ENDED', 401, 'REVOKED_AUTHENTICATION', 'plain'],
    ['SESSION_EXPIRED', 401, 'EXPIRED_AUTHENTICATION', 'plain'],
    ['CROSS_ORIGIN', 403, 'FORBIDDEN', 'none'],
    ['SECRET_EXPIRED', 401, 'EXPIRED_AUTHENTICATION', 'invalid_token'],
    ['SECRET_OVER_AGE', 401, 'EXPIRED_AUTHENTICATION', 'invalid_token'],
    ['SECRET_BROWNOUT', 401, 'EXPIRED_AUTHENTICATION', 'invalid_token'],
    ['KEY_REVOKED', 401, 'REVOKED_AUTHENTICATION', 'invalid_token'],
    ['SECRET_REVOKED', 401, 'REVOKED_AUTHENTICATION', 'invalid_token'],
    ['KEY_SUSPENDED', 403, 'FORBIDDEN', 'none'],
    ['ACCOUNT_SUSPENDED', 403, 'FORBIDDEN', 'none'],
    ['HAPIKEY_NOT_ALLOWED', 403, 'FORBIDDEN', 'none'],
    ['IP_NOT_ALLOWED', 403, 'IP_NOT_ALLOWED', 'none'],
    ['SERVICE_NOT_AVAILABLE', 403, 'FORBIDDEN', 'none'],
    ['ROUTE_UNKNOWN', 404, 'NOT_FOUND', 'none'],
    ['METHOD_NOT_ALLOWED', 405, 'NOT_FOUND', 'none'],
    ['SESSION_NEEDED', 403, 'FORBIDDEN', 'none'],
    ['SCOPE_MISSING', 403, 'MISSING_SCOPES', 'insufficient_scope'],
    ['RATE_LIMITED', 429, 'RATE_LIMITS', 'none'],
    ['STORE_UNAVAILABLE', 503, 'UNAVAILABLE', 'none'],
    ['LOG_UNAVAILABLE', 503, 'UNAVAILABLE', 'none'],
  ];

describe('the reasons of contract §3', () => {
  it.each(table)('%s is %d %s, challenge %s', (reason, status, category, challenge) => {
    expect(denialKinds).toHaveProperty([reason], { status, category, challenge });
  });

  it('#20 #32 are these and no others, in the order in which they are looked for', () => {
    expect(Object.keys(denialKinds)).toEqual(table.map(([reason]) => reason));
  });

  it('a 401 always challenges (RFC 9110 §11.6.1), and #1 without a credential names no error code', () => {
    for (const [reason, status, , challenge] of table) {
      if (status === 401) expect([reason, challenge]).not.toEqual([reason, 'none']);
    }
    expect(denialKinds.CREDENTIALS_MISSING.challenge).toBe('plain');
  });
});

describe('deny', () => {
  it('makes a denial out of a reason and what is known', () => {
    expect(deny('IP_NOT_ALLOWED', { callerIp: '192.0.2.1' })).toEqual({
      allowed: false,
      reason: 'IP_NOT_ALLOWED',
      context: { callerIp: '192.0.2.1' },
    });
    expect(deny('KEY_UNKNOWN')).toEqual({ allowed: false, reason: 'KEY_UNKNOWN', context: {} });
  });
});
