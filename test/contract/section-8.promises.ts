import type { Promised } from '../support/contract.js';

export const section8: readonly Promised[] = [
  {
    says: 'The TCP peer, unless it is a trusted proxy.',
    shownBy: [
      'test/http/ip-caller.test.ts: #40 no header: the peer',
      'test/http/ip-caller.test.ts: #41 X-Forwarded-For of an untrusted peer is ignored',
    ],
  },
  {
    says: 'Then all `X-Forwarded-For` lines joined, read from the right, trusted proxies skipped: the first other entry is the caller (a port is taken off).',
    shownBy: [
      'test/http/ip-caller.test.ts: #40 several lines are joined',
      'test/http/ip-caller.test.ts: #42 a forged entry left of what a proxy added',
      'test/http/ip-caller.test.ts: #40 a port is taken off',
    ],
  },
  {
    says: 'All entries trusted → the leftmost; no header → the peer; something that is no address reached before the caller → `CALLER_UNDETERMINED`.',
    shownBy: [
      'test/http/ip-caller.test.ts: #40 all trusted: the leftmost',
      'test/http/ip-caller.test.ts: #40 no header: the peer',
      'test/http/ip-caller.test.ts: #40 garbage before the caller is reached',
      'test/http/ip-caller.test.ts: #40 garbage left of the caller',
      'test/http/ip-caller.test.ts: #40 an undetermined caller is told so before anything else is looked at',
    ],
  },
  {
    says: 'IPv4-mapped IPv6 is IPv4.',
    shownBy: [
      'test/http/ip-caller.test.ts: #34 IPv4-mapped IPv6 is IPv4',
      'test/http/ip-caller.test.ts: is the IPv4 address: for the allowlist, for trusted proxies and in the log',
    ],
  },
  {
    says: 'The address decided on is the address logged.',
    shownBy: [
      'test/http/ip-caller.test.ts: who is the caller, at the %s door',
      'test/http/ip-caller.test.ts: %s → %s',
      'test/http/ip.test.ts: %s: %s against %s → %s',
    ],
  },
  {
    says: 'IP rules: `address` or `address/prefix`, strict (no octal, no short forms, no zone, no host bits set, prefix in range); `/0` only with `"confirmAny": true`; IPv4 rules match IPv4 only and IPv6 rules IPv6 only.',
    shownBy: [
      'test/http/ip.test.ts: %s: %j is refused, and told why',
      'test/http/ip.test.ts: #38 /0 is taken with "confirmAny": true',
      'test/http/ip.test.ts: #38 ::/0 does not admit IPv4',
      'test/http/ip.test.ts: #38 0.0.0.0/0 does not admit IPv6',
    ],
  },
  {
    says: 'An empty list with `enforce` admits nobody.',
    shownBy: [
      'test/http/ip.test.ts: #44 an emptied list is not "no list": with enforce it admits nobody, at every door',
    ],
  },
];
