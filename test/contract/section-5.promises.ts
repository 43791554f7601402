import type { Promised } from '../support/contract.js';

export const section5: readonly Promised[] = [
  {
    says: "`<mount><path>` on the access listener → the service's upstream.",
    shownBy: ['test/http/gateway-path.test.ts: #85 %s is for the upstream %s'],
  },
  {
    says: 'Mounts match whole segments, the longest wins, `/latchkey` is ours; `stripMount` (default true).',
    shownBy: [
      'test/http/gateway-path.test.ts: #85 %s is for the upstream %s',
      'test/http/gateway-path.test.ts: the longest mount wins even where only the shorter one has the route',
      'test/http/gateway-path.test.ts: %s is ours, whatever is mounted at /: %d',
      'test/http/management-services.test.ts: 201 with its defaults, then 200 with the same id and creation time',
    ],
  },
  {
    says: 'Before forwarding: every credential method removed from query (the other bytes of the query untouched) and headers, `Authorization` always; hop-by-hop headers, `X-Latchkey-*` in any spelling, and forwarding headers from untrusted peers removed; then `X-Correlation-Id`, `X-Latchkey-Account`, `-Key`, `-Key-Name` (percent-encoded), `-Environment`, `-Scopes` (those that opened the route), a correct `X-Forwarded-For/-Proto/-Host` and `Via` added.',
    shownBy: [
      'test/http/gateway-credentials.test.ts: #60 in the query, as %s: every other byte goes on',
      'test/http/gateway-credentials.test.ts: in %s: the line does not go on',
      'test/http/gateway-credentials.test.ts: a public route looks at no credential and passes none on: %s',
      'test/http/gateway-headers.test.ts: who called, with which key, and which scopes opened the route',
      'test/http/gateway-headers.test.ts: #83 %s from a caller is removed',
      'test/http/gateway-headers.test.ts: #82 Connection: %s takes nothing of ours away',
      'test/http/gateway-headers.test.ts: what belongs to one connection stays on it',
      'test/http/gateway-headers.test.ts: #41 %s from a peer that nobody trusts is replaced by the truth',
      'test/http/gateway-headers.test.ts: X-Correlation-Id is ours, Via grows',
      'test/http/gateway-headers.test.ts: #100 a key named %s: the headers stay valid',
      'test/http/gateway-trusted-proxies.test.ts: #40 #63 X-Forwarded-For %j from one',
      'test/http/gateway-trusted-proxies.test.ts: #41 the same from anybody else is not believed',
      'test/http/gateway-trusted-proxies.test.ts: X-Forwarded-Proto %j from one is %s',
      'test/http/gateway-trusted-proxies.test.ts: X-Forwarded-Host from one is what the caller asked for',
    ],
  },
  {
    says: 'A service with a sealed credential gets that credential in place of any header or parameter of the same name, and none of the identity headers unless asked for.',
    shownBy: [
      'test/http/bindings.test.ts: a credential in a header takes the place of any header of its name',
      'test/http/bindings.test.ts: a credential in the Authorization header replaces the secret',
      'test/http/bindings.test.ts: a credential in the query takes the place of any parameter of its name',
      'test/contract/gateway.test.ts: §5 an upstream with a sealed credential in %s gets none of the identity headers unless asked for',
    ],
  },
  {
    says: '`Location` under the upstream is rewritten to the mount.',
    shownBy: ['test/http/gateway-answers.test.ts: at %s a Location %j comes back as %j'],
  },
  {
    says: 'The path that is judged is the path that is sent, byte for byte; `%2F` stays inside its segment.',
    shownBy: [
      'test/http/gateway-path.test.ts: #85 %s is for the upstream %s',
      'test/http/gateway-path.test.ts: /crm/files/a%2fb',
      'test/http/gateway-path.test.ts: #85 %s could be read in two ways',
    ],
  },
  {
    says: 'Bodies stream both ways.',
    shownBy: [
      'test/http/gateway-bodies.test.ts: #88 10 MB up, %s',
      'test/http/gateway-bodies.test.ts: #88 10 MB down, %s',
    ],
  },
  {
    says: "**Log before effect**: a call with an unsafe method is on the log before it is forwarded (status null: *admitted, outcome unknown*), and completed with a later group, for which the answer does not wait; a safe one is written once, when the upstream's headers are in, before ours leave.",
    shownBy: [
      'test/http/gateway-log-first.test.ts: #66 %s: its row is there before the upstream sees it, outcome unknown, and is completed later',
      'test/http/gateway-log-first.test.ts: %s has no effect: it is written once, with its outcome',
      'test/http/gateway-log-first.test.ts: an answer does not wait for its completion',
      'test/http/gateway-log-first.test.ts: the answer to a %s is held until its row is on disk',
    ],
  },
  {
    says: 'If the writer is not healthy the call is denied before it is forwarded, never after.',
    shownBy: [
      'test/http/gateway-log-first.test.ts: #61 a log that cannot be written lets nothing through, safe or not',
      'test/contract/gateway.test.ts: §5 a call that was admitted is not denied any more when the log breaks under it',
    ],
  },
  {
    says: 'A call made with a retiring secret gets `Latchkey-Secret-Retires: <time>` on its answer and, if the upstream sent neither and the account has not switched it off, `Deprecation: @<unix>` (RFC 9745) and `Sunset: <date>` (RFC 8594).',
    shownBy: [
      'test/http/gateway-retiring.test.ts: on %s',
      "test/http/gateway-retiring.test.ts: the upstream's own word goes before ours: %s",
      'test/http/gateway-retiring.test.ts: whoever uses the new secret, or another key, is told nothing',
      'test/http/gateway-retiring.test.ts: the account says where it leads, and can do without Deprecation and Sunset',
    ],
  },
];
