import type { Promised } from '../support/contract.js';

export const section7: readonly Promised[] = [
  {
    says: '`GET self` (what am I: account, key, scopes, state, expiry, rotation; any valid key), `POST self/rotations` (an integration rotates its own key; needs `latchkey.self.rotate`; body and answer as above), `POST verify`, `forward-auth/{nginx,caddy,traefik,envoy,haproxy}`.',
    shownBy: [
      'test/contract/self.test.ts: §7 any valid key may ask, whatever it may do, and is told what it is',
      'test/contract/self.test.ts: §7 its scopes, its expiry and the rotation under way, by each of its two secrets',
      'test/contract/self.test.ts: §7 the operator’s key, and a key of an account that is entitled to nothing',
      'test/http/threads.test.ts: "is it the key or is it you": a key can ask what it is, by every method',
      'test/http/self-rotation.test.ts: 201: the new secret once, the old one beside it until the grace is over',
      'test/http/self-rotation.test.ts: 403 without the scope, 401 without a credential, each with its row',
      'test/http/verify.test.ts: an allowed call: who, with which secret, what for, and nothing to pass on',
      'test/http/verify.test.ts: a denied call: the words, the status and the headers of the other doors',
      'test/http/verify.test.ts: has its results in the order of its checks, of one to a hundred',
      'test/http/verify-rows.test.ts: one of the verified key, with who verified it, and one of the call itself',
      'test/http/verify-tenancy.test.ts: of another account’s it is told what it is told of a secret that does not exist',
      'test/http/forward-auth.test.ts: 200: whose call it is for the upstream, nothing else, and its one row is written',
      'test/http/forward-auth.test.ts: %s is told whole, with its one row under its key',
      'test/http/forward-auth.test.ts: #41 PROXY_NOT_TRUSTED: one that is not named in TRUSTED_PROXIES is believed nothing',
      'test/http/forward-auth-proxies.test.ts: a call that may pass reaches the API, with who called and without the credential',
    ],
  },
];
