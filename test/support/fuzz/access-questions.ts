import * as fc from 'fast-check';
import {
  credentialOf,
  foreignSecret,
  misplaced,
  nothingPresented,
  twoAtOnce,
} from './credentials.js';
import { anyBytes, mostly, sound, unsound } from './parts.js';
import type { Question } from './requests.js';
import { targetsFrom } from './targets.js';

const paths = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('/crm/contacts', '/crm/contacts/7', '/crm/ping') },
  {
    weight: 4,
    arbitrary: fc.constantFrom('200', '204', '304', '301', '404', '500', 'a', 'b.c').map((end) => `/wide/${end}`),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('/latchkey/v1/self', '/latchkey/v1/self/rotations', '/latchkey/v1/verify', '/latchkey/v1/forward-auth/nginx', '/latchkey/v1/forward-auth/caddy', '/latchkey/v1/forward-auth/haproxy', '/latchkey/v1/forward-auth/envoy/crm/contacts', '/latchkey/v1/forward-auth/envoy/crm/status', '/latchkey/v1/nothing', '/latchkey/health/ready', '/latchkey/health/live', '/latchkey/errors', '/latchkey/errors/KEY_UNKNOWN', '/latchkey/errors/NOTHING', '/latchkey'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/crm/status', '/crm/orders', '/crm', '/dead/x', '/sealed/a', '/sealed/401', '/', '/v1/accounts', '/openapi.json', '/docs'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('reset', 'nothing', 'nonsense', 'half', 'hang', '200').map((end) => `/flaky/${end}`),
  },
); // prettier-ignore

const methods = mostly(
  fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE').map(sound), // prettier-ignore
  fc.oneof(
    fc.constantFrom('PROPFIND', 'MKCOL', 'PURGE', 'M-SEARCH', 'LINK').map(sound),
    fc.constantFrom('BREW', 'get', '', 'G@T', 'CONNECT', 'PRI', 'QUERY', 'X'.repeat(500), 'GET\t', '\x16\x03\x01').map(unsound), // prettier-ignore
  ),
  14,
);

const contentTypes = ['', '', 'Content-Type: application/json\r\n', 'Content-Type: text/plain\r\n', 'Content-Type: \xff\r\n', 'Content-Type: multipart/form-data\r\n']; // prettier-ignore

/**
 * Calls of the access listener.
 *
 * @param genuine secrets to call with
 * @param stray a secret where none belongs
 */
export function accessQuestions(
  genuine: fc.Arbitrary<string>,
  stray: fc.Arbitrary<string>,
): fc.Arbitrary<Question> {
  const one = mostly(credentialOf(genuine), credentialOf(foreignSecret(genuine)), 4);
  return fc.record({
    method: methods,
    target: targetsFrom(paths, stray),
    presented: fc.oneof(
      { weight: 12, arbitrary: one },
      { weight: 1, arbitrary: fc.constant(nothingPresented) },
      { weight: 1, arbitrary: misplaced(genuine) },
      { weight: 1, arbitrary: twoAtOnce(fc.oneof(one, misplaced(genuine))) },
    ),
    lines: fc.constantFrom(...contentTypes),
    body: mostly(fc.constant(null), fc.oneof(anyBytes(300), fc.constant('b'.repeat(70_000))), 2),
  });
}
