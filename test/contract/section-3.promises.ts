import type { Promised } from '../support/contract.js';

export const section3: readonly Promised[] = [
  {
    says: 'Checked in this order; the first that fails is the reason.',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: %s, with the reasons after it there too',
      'test/contract/order-of-reasons.test.ts: a call with nothing left to mend is let through',
      'src/core/check-access.spec.ts: %s (%s) comes before %s (%s)',
    ],
  },
  {
    says: 'A route marked `public` is matched first, looks at no credential (it is still stripped) and is logged.',
    shownBy: [
      'test/http/credentials-legacy.test.ts: a public route looks at no credential (%s), strips it, and is logged',
      'test/http/lookup.test.ts: a public route asks for nothing',
      'src/core/check-access.spec.ts: of a service that is not open',
    ],
  },
  {
    says: '`CALLER_UNDETERMINED` (a trusted proxy sent garbage) | 400 | `INVALID_REQUEST` | –',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: CALLER_UNDETERMINED',
      'test/http/ip-caller.test.ts: #40 an undetermined caller is told so',
    ],
  },
  {
    says: '`PATH_INVALID` (dot segments, `//`, bad escapes, `#`) | 400 | `INVALID_REQUEST` | –',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: PATH_INVALID',
      'test/http/gateway-path.test.ts: could be read in two ways: 400',
      'test/http/credentials.test.ts: #15 # before the query',
    ],
  },
  {
    says: '`CREDENTIALS_MISSING` | 401 | `INVALID_AUTHENTICATION` | nothing',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: CREDENTIALS_MISSING',
      'test/http/credentials.test.ts: #1 none',
    ],
  },
  {
    says: '`CREDENTIALS_MALFORMED` | 400 | `INVALID_REQUEST` | `error="invalid_request"`',
    shownBy: ['test/contract/order-of-reasons.test.ts: CREDENTIALS_MALFORMED'],
  },
  {
    says: '`KEY_UNKNOWN` | 401 | `INVALID_AUTHENTICATION` | `error="invalid_token"`',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: KEY_UNKNOWN',
      'test/http/lookup.test.ts: #22 right checksum, but unknown',
    ],
  },
  {
    says: '`SECRET_EXPIRED` (its grace or its key\'s expiry is over; says when, and which rotation) | 401 | `EXPIRED_AUTHENTICATION` | `error="invalid_token"`',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: SECRET_EXPIRED',
      'test/contract/order-of-reasons.test.ts: a rotation that ended a secret is named, and when it did',
      'test/http/credentials-legacy.test.ts: SECRET_EXPIRED: a key ends at its expiry',
    ],
  },
  {
    says: '`SECRET_BROWNOUT` (says until when; `Retry-After`) | 401 | `EXPIRED_AUTHENTICATION` | `error="invalid_token"`',
    shownBy: [
      'test/http/rotation-brownouts.test.ts: refuses the old secret to the millisecond, and lets the new one through',
    ],
  },
  {
    says: '`KEY_REVOKED`; `SECRET_REVOKED` (a secret ended by a cancelled rotation or a reissue, its key alive) | 401 | `REVOKED_AUTHENTICATION` | `error="invalid_token"`',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: KEY_REVOKED',
      'test/contract/order-of-reasons.test.ts: SECRET_REVOKED',
      'test/http/rotation-endings.test.ts: after the new secret was used',
    ],
  },
  {
    says: '`KEY_SUSPENDED`, `ACCOUNT_SUSPENDED` | 403 | `FORBIDDEN` | –',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: KEY_SUSPENDED',
      'test/contract/order-of-reasons.test.ts: ACCOUNT_SUSPENDED',
    ],
  },
  {
    says: '`HAPIKEY_NOT_ALLOWED` | 403 | `FORBIDDEN` | –',
    shownBy: ['test/contract/order-of-reasons.test.ts: HAPIKEY_NOT_ALLOWED'],
  },
  {
    says: '`IP_NOT_ALLOWED` (context: `callerIp`) | 403 | `IP_NOT_ALLOWED` | –',
    shownBy: ['test/contract/order-of-reasons.test.ts: IP_NOT_ALLOWED'],
  },
  {
    says: '`SERVICE_NOT_AVAILABLE` (this account has no access to this service) | 403 | `FORBIDDEN` | –',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: SERVICE_NOT_AVAILABLE',
      'test/http/scopes.test.ts: a service that is not open to all is there for nobody without a binding',
    ],
  },
  {
    says: '`ROUTE_UNKNOWN` | 404 | `NOT_FOUND` | –',
    shownBy: ['test/contract/order-of-reasons.test.ts: ROUTE_UNKNOWN'],
  },
  {
    says: '`METHOD_NOT_ALLOWED` (known path; `Allow`) | 405 | `NOT_FOUND` | –',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: METHOD_NOT_ALLOWED',
      'test/http/credentials-wire.test.ts: #20 known path, other method: 405',
    ],
  },
  {
    says: '`SCOPE_MISSING` | 403 | `MISSING_SCOPES` | `error="insufficient_scope", scope="<the nearest set>"`',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: SCOPE_MISSING',
      'test/http/scopes.test.ts: %s: %j at %s',
    ],
  },
  {
    says: '`RATE_LIMITED` | 429 | `RATE_LIMITS` | – (`Retry-After`)',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: RATE_LIMITED',
      'test/http/rate-limits.test.ts: §3 RATE_LIMITED: 429, told which limit and until when',
      'src/core/check-access.spec.ts: costs nothing, and is told before a limit without room',
    ],
  },
  {
    says: '`STORE_UNAVAILABLE`, `LOG_UNAVAILABLE` | 503 | `UNAVAILABLE` | – (`Retry-After`)',
    shownBy: [
      'test/http/envelope.test.ts: STORE_UNAVAILABLE: a key that must be looked up is refused with 503',
      'test/http/gateway-log-first.test.ts: a log that cannot be written lets nothing through',
    ],
  },
  {
    says: "Not denials (the decision was `allowed`), but ours to answer: `UPSTREAM_UNREACHABLE` 502, `UPSTREAM_TIMEOUT` 504, `UPSTREAM_CREDENTIAL_REFUSED` 502 (the upstream answered 401 to the service's own sealed credential: not the caller's fault).",
    shownBy: [
      'test/http/envelope.test.ts: a dead upstream, an unsafe call',
      'test/http/envelope.test.ts: a silent upstream, an unsafe call',
      'test/http/bindings.test.ts: #97 the upstream answers 401 to the sealed credential',
    ],
  },
  {
    says: 'Reserved for what comes later: `SCOPE_NOT_ENTITLED`, `RESOURCE_NOT_GRANTED`, `ORIGIN_NOT_ALLOWED`, `SIGNATURE_REQUIRED`, `SIGNATURE_INVALID`.',
    shownBy: [
      'src/core/decision.spec.ts: are these and no others',
      'test/http/error-pages.test.ts: lists them all',
    ],
  },
  {
    says: "The *nearest set*: of a route's scope sets, the one with the fewest missing scopes, then the smallest, then the first declared.",
    shownBy: [
      'test/http/scopes.test.ts: nearest set: the fewest missing',
      'test/http/scopes.test.ts: nearest set: then the smallest',
      'test/http/scopes.test.ts: nearest set: then the first declared',
    ],
  },
  {
    says: 'A caller that holds a genuine secret of ours is told why it no longer works: it proved possession of 190 bits.',
    shownBy: [
      'test/contract/order-of-reasons.test.ts: SECRET_EXPIRED',
      'test/contract/order-of-reasons.test.ts: KEY_REVOKED',
      'test/contract/order-of-reasons.test.ts: SECRET_REVOKED',
      'test/contract/order-of-reasons.test.ts: KEY_SUSPENDED',
      'test/contract/order-of-reasons.test.ts: ACCOUNT_SUSPENDED',
    ],
  },
  {
    says: 'Anyone else gets `KEY_UNKNOWN`, always the same.',
    shownBy: [
      'test/contract/secrets.test.ts: is told KEY_UNKNOWN, always the same (%s)',
      'test/http/credentials-wire.test.ts: is no route, told to holders of a key only',
    ],
  },
  {
    says: 'HEAD is decided as GET.',
    shownBy: [
      'test/http/credentials-wire.test.ts: #20 HEAD is decided as GET: with a key',
      'test/http/gateway-methods.test.ts: #29 HEAD needs the scopes of GET',
    ],
  },
  {
    says: "A CORS preflight (OPTIONS with `Origin` and `Access-Control-Request-Method`) is answered by the service's CORS policy without a credential (default: no cross-origin use, logged as a call); any other OPTIONS is a method like the others.",
    shownBy: [
      'test/http/credentials-wire.test.ts: #20 a CORS preflight gets the service',
      'test/http/gateway-methods.test.ts: #20 a preflight of %s is answered here',
      'test/http/gateway-methods.test.ts: #20 OPTIONS with %j only is no preflight',
      'test/http/credentials-wire.test.ts: #20 an OPTIONS that is no preflight is a method like the others',
    ],
  },
];
