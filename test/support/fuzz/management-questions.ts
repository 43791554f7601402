import * as fc from 'fast-check';
import type { Json } from '../latchkey.js';
import type { Schema, Schemas } from '../json-schema.js';
import { apiDocuments, documentTypes } from './api-documents.js';
import type { Presented } from './credentials.js';
import { jsonBodies } from './json-bodies.js';
import { valuesFor, type Pools } from './json-values.js';
import { mostly, sound, unsound, visible, type Part } from './parts.js';
import type { Question } from './requests.js';
import { targetsFrom } from './targets.js';

/** An operation of the management API, as its document has it. */
export interface Operation {
  readonly method: string;
  readonly template: string;
  readonly parameters: readonly {
    readonly in: string;
    readonly name: string;
    readonly schema: Schema;
  }[];
  readonly body: Schema | undefined;
}

/** A body with the line that says what it is. */
type Content = Pick<Question, 'lines' | 'body'>;

export type Ids = Readonly<Record<string, string>>;

/** All but those that answer with the log as a whole, which every case makes longer, or for as long as one listens. */
export function operationsIn(document: Json): Operation[] {
  return Object.entries<Json>(document.paths).flatMap(([template, item]) =>
    Object.entries<Json>(item)
      .filter(([, { responses }]) => !isStreamed(responses))
      .map(([method, operation]) => ({
        method: method.toUpperCase(),
        template,
        parameters: operation.parameters ?? [],
        body: operation.requestBody?.content?.['application/json']?.schema,
      })),
  );
}

function isStreamed(responses: Json): boolean {
  const types = Object.keys(responses[200]?.content ?? {});
  return types.length > 0 && !types.includes('application/json');
}

const scopes = [
  'scratch.read',
  'contacts.read',
  'latchkey.keys.read',
  'nobody.knows',
  '',
  'a b',
  'x'.repeat(129),
];
const times = [
  '2099-01-01T00:00:00.000Z',
  '2020-01-01T00:00:00Z',
  '2099-02-30T00:00:00Z',
  '2099-01-01',
  'never',
  '+275760-09-13T00:00:00.000Z',
  '2099-01-01T00:00:00.000+14:00',
];
const addresses = [
  '203.0.113.0/24',
  '2001:db8::/32',
  '10.0.0.1/8',
  '0.0.0.0/0',
  '::/0',
  '010.0.0.1',
  '1.2.3.4/33',
  'fe80::1%eth0',
  '::ffff:10.0.0.1',
  'localhost',
  '',
];

/** Client data, and what begins like an attestation object, among them. */
const base64url = [
  'AA',
  'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUEiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0In0',
  'bnVsbA',
  'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA',
  'gYGBgYGBgYGB',
  '====',
  'a+b/',
  '',
  '\u0000',
  'A'.repeat(8193),
];

/** Values by the name of a property or parameter. The mounts and names are those of things that nothing else depends on. */
const pools: Pools = {
  ...{ scopes, grantableScopes: scopes, entitledScopes: scopes, scopeSets: scopes, scope: scopes },
  ...{ expiresAt: times, graceEndsAt: times, from: times, to: times, cidr: addresses, ip: addresses },
  upstream: ['http://127.0.0.1:9', 'https://a.example/b', 'ftp://a', 'http://u:p@a', 'http://a/?b', 'http://a#b', '//a', 'http://[::1]:1', 'javascript:1', ''],
  url: ['https://a.example/b', 'http://a.example', 'https://127.0.0.1', 'https://[::1]', 'https://2130706433', 'https://u:p@a', 'https://a/#b', 'file:///etc/passwd', '//a', ''],
  mount: ['/scratch', '/scratch/deep', '/latchkey', '/latchkey/x', '/', '', 'scratch', '/a//b', '/%61', '/a/../b', '/{x}'],
  path: ['/a', '/a/{id}', '/*', '/a/*/b', '/{x}-{y}', '/../a', '//', '', 'a', '/a?b', '/%zz', '/{', '/a/{id}/{id}'],
  email: ['a@example.com', 'nobody', 'a@b', 'a@example.com, b@example.com', '\u0000@a.b', `${'x'.repeat(300)}@a.b`],
  code: ['123456', '123 456', '４５６', 'aaaa-aaaa-aaaa-aaaa', '', '\u0000', 'x'.repeat(51)],
  ...{ id: base64url, clientDataJSON: base64url, attestationObject: base64url },
  ...{ authenticatorData: base64url, signature: base64url, userHandle: base64url },
  transports: ['internal', 'usb', '', 'x'.repeat(33)],
  token: ['lkl_nobody', '', 'x'.repeat(200), '#lkl_'],
  timeZone: ['Europe/Dublin', 'UTC', 'utc', '+02:00', 'Mars/Phobos', ''],
  ...{ requests: [1, 100, 1_000_000, 0, -1, 1.5, '9'], windowSeconds: [1, 10, 3_600, 0, -1, 1.5, 86_401] },
  graceSeconds: [60, 0, -1, 7_776_000, 7_776_001, 1.5, '7d'],
  after: ['', 'a', 'MTIz', 'eyJhIjoxfQ', '\u0000', '=', '0', '-1', 'acc_nobody', 'x'.repeat(600)],
  name: ['scratch', 'X-Key', 'Host', 'Content-Length', 'a b', '\u0000', '\u05d0', '\u{1f511}', 'x'.repeat(201), ''],
}; // prettier-ignore

/**
 * Requests to the management API.
 *
 * @param presented with whose credential, and whose ids it may then name: nobody can take the ground from under the other cases
 * @param stray a secret where none belongs
 */
export function managementQuestions(
  operations: readonly Operation[],
  schemas: Schemas,
  presented: fc.Arbitrary<Presented>,
  ids: Ids,
  stray: fc.Arbitrary<string>,
): fc.Arbitrary<Question> {
  return fc.constantFrom(...operations).chain((operation) => {
    const path = pathOf(operation, ids);
    const target = mostly(
      fc.tuple(path, queryOf(operation, schemas)).map(([before, query]) => sound(before + query)),
      targetsFrom(path, stray),
      5,
    );
    return fc
      .tuple(
        methodOf(operation),
        target,
        presented,
        bodyOf(operation, schemas),
        conditionsOf(operation),
      )
      .map(([method, asked, shown, { lines, body }, others]) => ({
        ...{ method, target: asked, presented: shown, body },
        lines: lines + others,
      }));
  });
}

function pathOf({ template }: Operation, ids: Ids): fc.Arbitrary<string> {
  const name = template.startsWith('/v1/scopes') ? 'scratch.read' : 'scratch';
  const right = fillIn(template, { name, exportId: 'exp_nobody', callId: 'call_nobody', ...ids });
  const odd = fc
    .constantFrom('nothing', 'acc_0', '%00', '%F0%9F%94%91', "'", '__proto__', 'a'.repeat(500), '..', '*')
    .map((id) => fillIn(template, { accountId: id, keyId: id, rotationId: id, webhookId: id, noticeId: id, deliveryId: id, exportId: id, callId: id, memberId: id, membershipId: id, invitationId: id, sessionId: id, passkeyId: id, name: id })); // prettier-ignore
  return mostly(fc.constant(right), odd, 6);
}

function methodOf({ method }: Operation): fc.Arbitrary<Part> {
  const others = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS').map(sound); // prettier-ignore
  return mostly(fc.constant(sound(method)), mostly(others, fc.constant(unsound('BREW')), 9), 11);
}

function queryOf({ parameters }: Operation, schemas: Schemas): fc.Arbitrary<string> {
  const known = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, schema }) => valuesFor(schema, schemas, pools, name).map((value) => asParameter(name, value))); // prettier-ignore
  const stray = fc.constantFrom('nothing=1', 'limit=0', 'limit=501', 'limit=1&limit=2', 'limit[]=1', 'limit=1e1', 'q=%FF', 'q=%00', 'a', '__proto__=1', 'constructor=1', '%zz'); // prettier-ignore
  const one = known.length === 0 ? stray : mostly(fc.oneof(...known), stray, 9);
  const some = fc.array(one, { maxLength: 3 }).map((texts) => (texts.length > 0 ? `?${texts.join('&')}` : '')); // prettier-ignore
  return known.length === 0 ? mostly(fc.constant(''), some, 9) : some;
}

function asParameter(name: string, value: Json): string {
  return `${name}=${encodeURIComponent(String(value).toWellFormed())}`;
}

function bodyOf({ template, body }: Operation, schemas: Schemas): fc.Arbitrary<Content> {
  const none = fc.constant<Content>({ lines: '', body: null });
  const oddTypes = ['', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json; charset=latin1', 'application/JSON ; a', 'application/json, text/yaml', '\xff', 'application/'.repeat(50)]; // prettier-ignore
  const typed = (types: readonly string[], texts: fc.Arbitrary<string>): fc.Arbitrary<Content> =>
    fc
      .tuple(mostly(fc.constantFrom(...types), fc.constantFrom(...oddTypes), 11), texts)
      .map(([type, text]) => ({ lines: `Content-Type: ${type}\r\n`, body: text }));
  if (template.endsWith('/openapi')) return mostly(typed(documentTypes, apiDocuments), none, 11);
  const json = typed(['application/json'], jsonBodies(valuesFor(body ?? { type: 'object' }, schemas, pools))); // prettier-ignore
  return body === undefined ? mostly(none, json) : mostly(json, none, 11);
}

const ifMatch = fc.constantFrom('*', '"1"', 'W/"1"', '"', '', '"1", "2"', '1', '"999999999999999999999"', '\xff').map((tag) => `If-Match: ${tag}\r\n`); // prettier-ignore

/** Of an object as it was last seen, where that is asked for. */
function conditionsOf({ parameters }: Operation): fc.Arbitrary<string> {
  const isAskedFor = parameters.some(({ name }) => name === 'If-Match');
  return isAskedFor ? fc.oneof(ifMatch, conditions) : conditions;
}

/** Of a retry, and of an object as it was last seen. */
const conditions: fc.Arbitrary<string> = mostly(
  fc.constant(''),
  fc.oneof(
    // Often the same: only then is one used twice with two bodies.
    { weight: 6, arbitrary: fc.constantFrom('1', '1', '1', '2').map((key) => `Idempotency-Key: ${key}\r\n`) },
    fc.constantFrom('', 'a b', '\xff', 'k'.repeat(255), 'k'.repeat(256)).map((key) => `Idempotency-Key: ${key}\r\n`),
    visible(20).map((key) => `Idempotency-Key: ${key}\r\n`),
    ifMatch,
  ),
  2,
); // prettier-ignore

/** A template with these ids in it; what they do not name is `nothing`. */
function fillIn(template: string, ids: Ids): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'nothing');
}
