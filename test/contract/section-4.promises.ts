import type { Promised } from '../support/contract.js';

export const section4: readonly Promised[] = [
  {
    says: '```json { "status": "error", "category": "MISSING_SCOPES", "reason": "SCOPE_MISSING", "message": "This key may not do this: it lacks contacts.write.", "correlationId": "call_…", "errors": [{ "message": "…", "code": "…", "in": "scopes", "context": { "requiredGranularScopes": ["contacts.read", "contacts.write"], "missingScopes": ["contacts.write"] } }], "links": { "documentation": "…/errors/SCOPE_MISSING" }, "engagement": { "hapikey": "not engaged: hapikey is present in the query but empty", "oauth-token": "…", "x-access-token": "…" } } ```',
    shownBy: [
      'test/contract/envelope.test.ts: of SCOPE_MISSING',
      'test/contract/envelope.test.ts: with its engagement',
      'test/http/envelope.test.ts: one envelope for every error',
    ],
  },
  {
    says: '`engagement` comes with `CREDENTIALS_MISSING` and `CREDENTIALS_MALFORMED`, one line per method: absent, present but empty, wrong scheme, repeated, or engaged.',
    shownBy: [
      'test/contract/envelope.test.ts: with its engagement',
      'test/http/credentials.test.ts: %s → refused',
      'test/http/credentials.test.ts: #4 hapikey=',
      'test/http/credentials.test.ts: #10 Basic only',
      'test/http/credentials.test.ts: #2 hapikey twice, equal',
      'test/http/credentials.test.ts: #5 hapikey and bearer, equal',
    ],
  },
  {
    says: 'It names no internal host.',
    shownBy: ['test/contract/envelope.test.ts: of %s, at neither listener'],
  },
  {
    says: "`reason` is always there: a decision's reason, or for other errors `VALIDATION_FAILED`, `OBJECT_NOT_FOUND`, `CONFLICT`, `PRECONDITION_FAILED`, `BODY_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE`, `REQUEST_MALFORMED`, `HEADERS_TOO_LARGE`, `INTERNAL`, …",
    shownBy: [
      'test/http/envelope.test.ts: management: %s',
      'test/http/preconditions.test.ts: 412 for a tag that is not its own',
      'test/http/envelope.test.ts: INTERNAL: 500 without a stack and without SQL',
      'test/http/error-pages.test.ts: HEADERS_TOO_LARGE',
      'test/http/error-pages.test.ts: the link of %s leads to its page',
    ],
  },
  {
    says: 'What never became a request (the HTTP parser refused it) gets the envelope and is counted, but is no call.',
    shownBy: [
      'test/http/junk-budget.test.ts: what never became a call gets the envelope and is counted, and is no call',
      'test/http/gateway-parser.test.ts: %s → one envelope, a closed connection, no call',
    ],
  },
  {
    says: 'Validation errors: 400, category `VALIDATION_ERROR`, one entry per field with `in` and `context.field`.',
    shownBy: [
      'test/contract/envelope.test.ts: is told of each field that is wrong, in the body',
      'test/contract/envelope.test.ts: and in the query',
      'test/contract/envelope.test.ts: is told of a field that only the rules refuse',
    ],
  },
  {
    says: "404 `NOT_FOUND` (another account's object too), 409 `CONFLICT`, 412 (`If-Match`), 413, 415, 422 (`Idempotency-Key` reused with another body), 429, 500 `INTERNAL` (no stack, no SQL).",
    shownBy: [
      'test/http/envelope.test.ts: no such object',
      'test/http/management-matrix.test.ts: #68 with a key of another account that holds all there is for it',
      'test/http/envelope.test.ts: an object in use',
      'test/http/preconditions.test.ts: 412 for a tag that is not its own',
      'test/http/envelope.test.ts: a large body',
      'test/http/envelope.test.ts: another type',
      'test/http/idempotency.test.ts: 422 with another body',
      'test/http/rate-limits.test.ts: §3 RATE_LIMITED: 429, told which limit and until when',
      'test/http/envelope.test.ts: INTERNAL: 500 without a stack and without SQL',
    ],
  },
  {
    says: 'Never in any body or header: a secret, or part of one beyond its display start.',
    shownBy: [
      'test/http/credentials-secrecy.test.ts: for an operator key that was made here',
      'test/http/credentials-secrecy.test.ts: for an OPERATOR_KEY that was brought along',
      'test/contract/envelope.test.ts: every answer that gives one out, and no later one shows it',
      'test/http/envelope.test.ts: an error never repeats a secret',
    ],
  },
  {
    says: "`correlationId` is the call's id, made here (a caller's own `X-Request-Id` is kept in the row, never used as the id); it is also the `X-Correlation-Id` header.",
    shownBy: ['test/http/envelope.test.ts: the correlation id is made here'],
  },
  {
    says: 'Errors and answers that carry a secret: `Cache-Control: no-store`.',
    shownBy: [
      'test/contract/envelope.test.ts: every answer that gives one out',
      'test/contract/envelope.test.ts: every error of the %s listener',
    ],
  },
  {
    says: 'Forwarded answers to a call that used `hapikey` or `X-Access-Token`: `private` is added unless stricter, `public` and `s-maxage` removed (RFC 9111 §3.5 protects only `Authorization`).',
    shownBy: ['test/http/gateway-answers.test.ts: Cache-Control %j: a shared cache is kept'],
  },
];
