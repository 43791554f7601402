import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { RouteTable } from '../../../core/route-table.js';
import { isManagementScope } from '../../../core/management-scopes.js';
import { isScopeName } from '../../../core/scope-set.js';
import { isJsonObject, type JsonObject } from './json-object.js';
import { parseDocument } from './parse-document.js';
import { routesOfDocument } from './routes-of-document.js';

const runs = { numRuns: 2_000 };

/** A value that means something at one place, put at another, or any JSON at all. */
const vocabulary = fc.oneof(
  fc.constantFrom<unknown>(null, [], {}, [{}], '', 0, true, 'x'),
  fc.constantFrom<unknown>(
    [{ oauth: ['read'] }],
    [{ key: [] }],
    [{ oauth: ['latchkey.x'] }],
    [{ oauth: 'read' }],
  ),
  fc.constantFrom<unknown>('#/paths/~1a', '#/components/pathItems/p', '#/', '#/%', 'other.yaml'),
  fc.jsonValue({ maxDepth: 3 }),
);
const names = fc.constantFrom(
  'get',
  'post',
  'head',
  'query',
  '$ref',
  'security',
  'parameters',
  'x-a',
  '__proto__',
  'constructor',
);
const paths = fc.oneof(
  fc.constantFrom(
    '/a',
    '/a/{x}',
    '/a/{y}',
    '/a/b',
    '/a/*',
    '/{a}-{b}.{c}',
    '/<a>',
    '/a?b',
    'x-a',
    '__proto__',
    '/%41;b',
  ),
  fc.string({ unit: 'grapheme' }).map((text) => `/${text}`),
);
const dictionary = <K extends string, V>(key: fc.Arbitrary<K>, value: fc.Arbitrary<V>) =>
  fc
    .array(fc.tuple(key, value), { maxLength: 6 })
    .map((entries) => Object.fromEntries(entries) as JsonObject);
const operation = fc.oneof(vocabulary, dictionary(names, vocabulary));
const pathItem = fc.oneof(
  { weight: 4, arbitrary: dictionary(names, operation) },
  { weight: 1, arbitrary: vocabulary },
);
const document: fc.Arbitrary<JsonObject> = fc.record({
  openapi: fc.constant('3.0.0'),
  paths: fc.oneof(
    { weight: 9, arbitrary: dictionary(paths, pathItem) },
    { weight: 1, arbitrary: vocabulary },
  ),
  security: vocabulary,
  components: fc.oneof(
    vocabulary,
    fc.record({
      pathItems: dictionary(fc.constant('p'), pathItem),
      securitySchemes: dictionary(
        fc.constantFrom('oauth', '__proto__'),
        fc.oneof(vocabulary, dictionary(fc.constantFrom('flows', '$ref'), operation)),
      ),
    }),
  ),
});
const options = fc.record({
  scopePrefix: fc.constantFrom('', 'do.', 'latchkey.', 'a b'),
  unsecured: fc.constantFrom<'any_key' | 'public'>('any_key', 'public'),
});

describe('documents at random', () => {
  it('never throw, whatever JSON they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), options, (value, given) => {
        expect(typeof parseDocument(JSON.stringify(value)).ok).toBe('boolean');
        if (isJsonObject(value)) expect(typeof routesOfDocument(value, given).ok).toBe('boolean');
      }),
      runs,
    );
  });

  it('yield only what the catalogue and the route table take', () => {
    fc.assert(
      fc.property(document, options, (given, { scopePrefix, unsecured }) => {
        const result = routesOfDocument(given, { scopePrefix, unsecured });
        if (!result.ok) throw new Error(result.why);
        const catalogue = new Set(result.scopes.map((scope) => scope.name));
        for (const { scopeSets, public: isPublic } of result.routes) {
          expect(scopeSets.flat().every((scope) => catalogue.has(scope))).toBe(true);
          expect(scopeSets.every((set) => set.length > 0)).toBe(true);
          if (isPublic) expect([unsecured, scopeSets]).toEqual(['public', []]);
        }
        expect(catalogue.size).toBe(result.scopes.length);
        expect(
          [...catalogue].every((scope) => isScopeName(scope) && !isManagementScope(scope)),
        ).toBe(true);
        expect(
          () =>
            new RouteTable([
              { mount: '/', routes: result.routes.map((route) => ({ ...route, id: '' })) },
            ]),
        ).not.toThrow();
        expect(routesOfDocument(given, { scopePrefix, unsecured })).toEqual(result);
        expect('polluted' in {}).toBe(false);
      }),
      runs,
    );
  });

  it('read the same from JSON and from YAML', () => {
    fc.assert(
      fc.property(document, (given) => {
        const json = JSON.stringify(given);
        const viaJson = parseDocument(json);
        // The comment makes it YAML only.
        const viaYaml = parseDocument(`# YAML\n${json}`);
        expect(viaYaml.ok).toBe(viaJson.ok);
        if (!viaJson.ok || !viaYaml.ok) return;
        expect(routesOfDocument(viaYaml.document, { unsecured: 'any_key' })).toEqual(
          routesOfDocument(viaJson.document, { unsecured: 'any_key' }),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('texts at random', () => {
  const sample =
    'openapi: 3.0.0\nx: &a {s: [1, "b"]}\npaths:\n  /a/{b}:\n    get:\n      <<: *a\n      security:\n        - o: [r]\n';
  const piece = fc.constantFrom(
    '&a ',
    '*a',
    '<<: ',
    '- ',
    '? ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '"',
    "'",
    '|\n',
    '>\n',
    '\n',
    '  ',
    '#',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
    '!!set ',
    '!x ',
    '\t',
    '\u0000',
    ',',
  );

  it('never throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece, { maxLength: 60 }).map((all) => all.join('')),
        ),
        (text) => {
          expect(typeof parseDocument(text).ok).toBe('boolean');
        },
      ),
      runs,
    );
  });

  it('never throw where a sound document was tampered with', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(sample.length), piece, fc.nat(4)), { maxLength: 5 }),
        (edits) => {
          const text = edits.reduce(
            (before, [at, put, cut]) => before.slice(0, at) + put + before.slice(at + cut),
            sample,
          );
          const reading = parseDocument(text);
          if (reading.ok)
            expect(routesOfDocument(reading.document, { unsecured: 'public' }).ok).toBe(true);
          else expect(reading.why).not.toBe('');
        },
      ),
      runs,
    );
  });
});
