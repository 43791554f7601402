import type { Promised } from '../support/contract.js';

export const section2: readonly Promised[] = [
  {
    says: 'hapikey | query parameter `hapikey`, exactly once | `hapikey`',
    shownBy: [
      'test/contract/secrets.test.ts: §2 the three ways to carry a secret',
      'test/http/credentials.test.ts: #2 hapikey twice, equal',
      'test/contract/envelope.test.ts: with its engagement',
    ],
  },
  {
    says: 'bearer | `Authorization: Bearer <secret>` (scheme in any case; one or more spaces) | `oauth-token`',
    shownBy: [
      'test/contract/secrets.test.ts: §2 the three ways to carry a secret',
      'test/http/credentials.test.ts: #6 BEARER',
      'test/http/credentials.test.ts: #7 two spaces',
      'test/contract/envelope.test.ts: with its engagement',
    ],
  },
  {
    says: 'access token | header `X-Access-Token: <secret>` | `x-access-token`',
    shownBy: [
      'test/contract/secrets.test.ts: §2 the three ways to carry a secret',
      'test/http/credentials.test.ts: X-Access-Token in any case',
      'test/contract/envelope.test.ts: with its engagement',
    ],
  },
  {
    says: 'None present (absent, or present but empty, or another scheme): 401, `CREDENTIALS_MISSING`.',
    shownBy: [
      'test/http/credentials.test.ts: #1 none',
      'test/http/credentials.test.ts: #4 hapikey=',
      'test/http/credentials.test.ts: #4 bare hapikey',
      'test/http/credentials.test.ts: #4 an empty Authorization',
      'test/http/credentials.test.ts: #4 an empty X-Access-Token',
      'test/http/credentials.test.ts: #10 Basic only',
    ],
  },
  {
    says: 'Repeated, two methods at once (even with equal values), `Bearer` with no token, a list in one header: 400, `CREDENTIALS_MALFORMED`.',
    shownBy: [
      'test/http/credentials.test.ts: #2 hapikey twice, equal',
      'test/http/credentials.test.ts: #5 hapikey and bearer, equal',
      'test/http/credentials.test.ts: #5 bearer and X-Access-Token',
      'test/http/credentials.test.ts: #8 Bearer alone',
      'test/http/credentials.test.ts: #9 two Authorization headers',
      'test/http/credentials.test.ts: #9 Bearer A, Bearer B',
      'test/http/credentials.test.ts: #9 a list in X-Access-Token',
    ],
  },
  {
    says: '`hapikey[]=`, `HAPIKEY=`, a hapikey in a body or cookie: not a credential.',
    shownBy: [
      'test/http/credentials.test.ts: #3 hapikey[]=',
      'test/http/credentials.test.ts: #17 HAPIKEY=',
      'test/http/credentials.test.ts: #16 hapikey in the body',
      'test/http/credentials.test.ts: #16 hapikey in a cookie',
    ],
  },
  {
    says: '`hap%69key=` is one, and is redacted like one.',
    shownBy: [
      'test/http/credentials.test.ts: #13 hap%69key=',
      'test/http/credentials-secrecy.test.ts: for an operator key that was made here',
      'test/http/management-access.test.ts: the ways to carry a management key',
    ],
  },
  {
    says: "**Our secrets**: `<prefix>_<environment>_<32 base62><6 base62>`; environment `prod stg qa dev` for `production staging qa development`, fixed for the key's life; the last six are CRC-32 (ISO-HDLC) of everything before them, base62 `0-9A-Za-z`, big-endian, left-padded with `0`.",
    shownBy: [
      'test/contract/secrets.test.ts: of %s are <prefix>_%s_, 32 random characters and their CRC-32',
      'test/http/management-keys.test.ts: another environment: it is fixed',
      'src/core/secret-format.spec.ts: ends in CRC-32 (ISO-HDLC)',
    ],
  },
  {
    says: 'Prefix `lk` + letter is kept free for other kinds (`lkp` browser-safe keys, `lka`/`lkr` OAuth tokens).',
    shownBy: [
      'src/core/secret-format.spec.ts: %s_ is kept for another kind and is not ours',
      'src/platform/config/settings.spec.ts: %s is refused in one line',
      'test/http/lookup.test.ts: another kind of credential',
    ],
  },
  {
    says: 'Our prefix with a bad shape or checksum is refused without a look-up.',
    shownBy: [
      'test/http/lookup.test.ts: %s → KEY_UNKNOWN without one query',
      'test/http/lookup.test.ts: #21 its last character changed',
      'test/http/lookup.test.ts: #21 one character short',
    ],
  },
  {
    says: '**Legacy secrets** (imported, or `OPERATOR_KEY`): 16 to 512 characters of RFC 6750 `b64token`; looked up by digest only, and only while the installation has any.',
    shownBy: [
      'test/http/credentials-legacy.test.ts: where there are legacy secrets, %s: looked up or not',
      'test/http/credentials-legacy.test.ts: 512 characters',
      'test/http/lookup.test.ts: a legacy secret, of which there are none here',
      'test/http/credentials-secrecy.test.ts: for an OPERATOR_KEY that was brought along',
    ],
  },
  {
    says: 'The display *start* of a secret is its prefix, environment and first four random characters (`lk_prod_4fGh`); of a legacy secret its first four.',
    shownBy: [
      'test/contract/secrets.test.ts: of %s are <prefix>_%s_, 32 random characters and their CRC-32',
      'test/http/credentials-legacy.test.ts: only its first four characters are ever shown',
    ],
  },
  {
    says: '`OPERATOR_KEY` may not begin with `<KEY_PREFIX>_`.',
    shownBy: ['test/contract/settings.test.ts: one that looks like ours'],
  },
  {
    says: 'Importing legacy secrets comes later; the store is ready for them.',
    shownBy: [
      'test/store/secrets-and-rotations.test.ts: takes a legacy secret, and shows four characters of it',
    ],
  },
  {
    says: "`hapikey` can be switched off per account (`allowHapikey: false`), since a secret in a URL ends up in other people's logs.",
    shownBy: [
      'test/http/credentials-legacy.test.ts: HAPIKEY_NOT_ALLOWED: an account may switch hapikey off',
      'test/http/credentials-revocation.test.ts: #53 %s: no call that begins afterwards is let through',
    ],
  },
];
