import * as fc from 'fast-check';
import { anyBytes, mostly } from './parts.js';
import { utf8 } from './json-bodies.js';

const head = 'openapi: 3.0.3\ninfo: { title: t, version: "1" }\n';

const right = [
  `${head}paths:\n  /a:\n    get: { responses: {} }\n`,
  `${head}components:\n  securitySchemes:\n    o: { type: oauth2, flows: { clientCredentials: { tokenUrl: "/t", scopes: { scratch.read: r } } } }\nsecurity: [{ o: [scratch.read] }]\npaths:\n  /a/{id}:\n    get: { responses: {} }\n    delete: { security: [], responses: {} }\n`,
  `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/b":{"post":{"responses":{}}}}}`,
];

const wrong = [
  ...['', '---', '--- a\n--- b', '\t', '%YAML 9.9\n---\na', '[', '{', '- a\n b', ': :', '?', '!!', '*a', '&a'],
  ...['a: &a [*a]', 'a: &a\n  b: *a', '<<: *x', 'a: !!js/function "x"', 'a: !!binary "////"', 'a: !<tag:x> y'],
  ...[`a: &a [1]\n${Array.from({ length: 40 }, (_, i) => `b${i}: [*a, *a]`).join('\n')}`],
  ...[`a0: &a0 [x]\n${Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}`],
  ...[`${head}paths: null`, `${head}paths: []`, `${head}paths: { /a: null }`, `${head}paths: { /a: { get: 1 } }`],
  ...[`${head}paths: { "/../a": { get: {} } }`, `${head}paths: { a: { get: {} } }`, `${head}paths: { "/{x": { get: {} } }`],
  ...[`${head}paths: { __proto__: { get: {} } }`, `${head}paths: { /a: { $ref: "#/paths/~1a" } }`],
  ...[`${head}paths: { /a: { $ref: "http://127.0.0.1/x" } }`, `${head}security: 1\npaths: {}`, `${head}security: [{ o: [latchkey.keys.write] }]\npaths: { /a: { get: {} } }`],
  ...['swagger: "2.0"\npaths: {}', 'openapi: 9\npaths: {}', 'openapi: [3]', `${'- '.repeat(3_000)}a`, `${'['.repeat(3_000)}`, 'a: "\\uD800"', 'a: .nan', '? [a]\n: b', 'a: 1\na: 2'],
]; // prettier-ignore

/** OpenAPI documents in YAML and JSON, as they should be, as they should not be, and damaged. Latin-1, of UTF-8 bytes. */
export const apiDocuments: fc.Arbitrary<string> = mostly(
  fc.constantFrom(...right),
  fc.oneof(
    fc.constantFrom(...wrong),
    anyBytes(100),
    fc.tuple(fc.constantFrom(...right), fc.nat(), anyBytes(3)).map(([text, at, odd]) => {
      const from = at % text.length;
      return text.slice(0, from) + odd + text.slice(from + odd.length);
    }),
  ),
  1,
).map(utf8);

export const documentTypes = [
  'application/yaml',
  'text/yaml',
  'application/json',
  'application/vnd.oai.openapi',
];
