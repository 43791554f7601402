import { describe, expect, it } from '@jest/globals';
import { newSecret } from '../../../core/secret-format.js';
import { type DocumentRoutes, type ImportOptions, routesOfDocument } from './routes-of-document.js';

const readOnly = { security: [{ oauth: ['read'] }] };

/** What becomes of these `paths`, with more of the document in `rest`. */
function imported(
  paths: Record<string, unknown>,
  rest: Record<string, unknown> = {},
  options: ImportOptions = { unsecured: 'any_key' },
): DocumentRoutes {
  const result = routesOfDocument({ openapi: '3.0.0', paths, ...rest }, options);
  if (!result.ok) throw new Error(result.why);
  return result;
}

function labelsOf({ routes }: DocumentRoutes): string[] {
  return routes.map((route) => `${route.method} ${route.path}`);
}

describe('operations', () => {
  it('become routes in the order of the document', () => {
    const result = imported({ '/b': { post: {}, get: readOnly }, '/a': { delete: {} } });
    expect(result).toEqual({
      ok: true,
      routes: [
        { method: 'POST', path: '/b', scopeSets: [], public: false },
        { method: 'GET', path: '/b', scopeSets: [['read']], public: false },
        { method: 'DELETE', path: '/a', scopeSets: [], public: false },
      ],
      scopes: [{ name: 'read', description: '' }],
      skipped: [],
      notes: [],
    });
  });

  it('have one of seven methods', () => {
    const methods = ['get', 'put', 'post', 'delete', 'options', 'patch', 'trace'];
    const result = imported({ '/a': Object.fromEntries(methods.map((method) => [method, {}])) });
    expect(result.routes.map((route) => route.method)).toEqual(
      methods.map((method) => method.toUpperCase()),
    );
  });

  it('stand among other fields, which are ignored', () => {
    const item = {
      summary: '',
      description: '',
      servers: [],
      parameters: [],
      'x-get': { get: {} },
      get: {},
    };
    const result = imported({ 'x-paths': { get: {} }, '/a': item });
    expect(labelsOf(result)).toEqual(['GET /a']);
    expect(result.skipped).toEqual([]);
  });

  it('may end in /*, which is noted', () => {
    const result = imported({ '/files/*': { get: readOnly } });
    expect(labelsOf(result)).toEqual(['GET /files/*']);
    expect(result.notes).toEqual([
      { operation: 'GET /files/*', note: expect.stringMatching(/the rest of the path/) },
    ]);
  });
});

describe('skipped operations', () => {
  const notOne = 'is none of get, post, put, patch, delete, options, trace';

  it.each<[string, Record<string, unknown>, string, string]>([
    ['HEAD', { '/a': { head: {} } }, 'HEAD /a', 'HEAD is decided as GET'],
    ['a method of OpenAPI 3.2', { '/a': { query: {} } }, 'query /a', `"query" ${notOne}`],
    [
      'further methods of 3.2',
      { '/a': { additionalOperations: {} } },
      'additionalOperations /a',
      `"additionalOperations" ${notOne}`,
    ],
    ['a method in capitals', { '/a': { GET: {} } }, 'GET /a', `"GET" ${notOne}`],
    [
      'a prototype as method',
      { '/a': JSON.parse('{"__proto__":{}}') },
      '__proto__ /a',
      `"__proto__" ${notOne}`,
    ],
    ['an operation that is null', { '/a': { get: null } }, 'GET /a', 'the operation is no object'],
    ['an operation that is a list', { '/a': { get: [] } }, 'GET /a', 'the operation is no object'],
    ['a path item that is null', { '/a': null }, '/a', 'the path item is no object'],
    ['a path item that is a text', { '/a': 'get' }, '/a', 'the path item is no object'],
    [
      'a query in the path',
      { '/v2/x?y': { get: {} } },
      'GET /v2/x?y',
      'a path holds neither a query (?) nor a fragment (#)',
    ],
    [
      'a placeholder of another kind',
      { '/<url>': { put: {} } },
      'PUT /<url>',
      'no URL holds a bare "<" (RFC 3986); a parameter is written {name}',
    ],
    [
      'security that is no list',
      { '/a': { get: { security: null } } },
      'GET /a',
      'its security is no list',
    ],
    [
      'a scope of ours',
      { '/a': { get: { security: [{ o: ['latchkey.x'] }] } } },
      'GET /a',
      '"latchkey.x" lies under the reserved prefix latchkey.',
    ],
  ])('%s', (_, paths, operation, why) => {
    expect(imported(paths)).toMatchObject({
      routes: [],
      scopes: [],
      skipped: [{ operation, why }],
    });
  });

  it('the later one of the same shape', () => {
    const result = imported({ '/a/{x}': { get: readOnly }, '/a/{y}': { get: {}, post: {} } });
    expect(labelsOf(result)).toEqual(['GET /a/{x}', 'POST /a/{y}']);
    expect(result.skipped).toEqual([
      {
        operation: 'GET /a/{y}',
        why: 'it is the same route as GET /a/{x}, which stands before it; calls to it are decided by GET /a/{x}',
      },
    ]);
  });

  it('both of the same shape, if the first is of no use: a weaker twin never takes its calls', () => {
    const result = imported({
      '/a/{x}': { get: { security: [{ o: ['a b'] }] } },
      '/a/{y}': { get: {} },
    });
    expect(result.routes).toEqual([]);
    expect(result.skipped.map(({ operation }) => operation)).toEqual(['GET /a/{x}', 'GET /a/{y}']);
  });

  it('both of the same shape, if the first stands twice', () => {
    const components = { pathItems: { p: { get: {} } } };
    const item = { $ref: '#/components/pathItems/p', get: readOnly };
    expect(imported({ '/a/{x}': item, '/a/{y}': { get: {} } }, { components }).routes).toEqual([]);
  });

  it('say which wider route now decides their calls', () => {
    const result = imported({
      '/users/admin': { get: { security: [{ o: ['admin all'] }] }, delete: { security: 1 } },
      '/users/{id}': { get: {} },
    });
    expect(result.skipped).toEqual([
      {
        operation: 'GET /users/admin',
        why: expect.stringMatching(/; calls to it are decided by GET \/users\/\{id\}$/),
      },
      { operation: 'DELETE /users/admin', why: 'its security is no list' },
    ]);
  });

  it('are shown with a bounded text', () => {
    const [skipped] = imported({ [`/${'a'.repeat(5_000)}`]: { get: {} } }).skipped;
    expect(skipped?.why).toBe('a path has at most 1024 characters');
    expect(skipped?.operation).toHaveLength(301);
  });
});

describe('path items behind a $ref', () => {
  const components = {
    pathItems: {
      'a/b': { get: readOnly, summary: '' },
      again: { $ref: '#/components/pathItems/a~1b' },
      text: 'x',
    },
  };

  it('are resolved once', () => {
    expect(
      imported({ '/a': { $ref: '#/components/pathItems/a~1b' } }, { components }).routes,
    ).toEqual([{ method: 'GET', path: '/a', scopeSets: [['read']], public: false }]);
  });

  it('may share an item with operations of its own, if they do not meet', () => {
    const result = imported(
      { '/a': { $ref: '#/components/pathItems/a~1b', get: {}, post: {}, summary: '' } },
      { components },
    );
    expect(labelsOf(result)).toEqual(['POST /a']);
    expect(result.skipped).toEqual([
      { operation: 'GET /a', why: 'it stands both beside the $ref and behind it' },
    ]);
  });

  it.each([
    ['#/components/pathItems/again', 'its $ref leads to another $ref'],
    ['#/components/pathItems/text', 'its $ref does not lead to a path item'],
    ['#/components/pathItems/none', 'its $ref leads nowhere'],
    ['#/paths/~1a', 'its $ref leads to another $ref'],
    ['paths/a.yaml', 'its $ref leads out of the document'],
    [7, 'its $ref is no text'],
  ])('are skipped: %j', ($ref, why) => {
    expect(imported({ '/a': { $ref } }, { components })).toMatchObject({
      routes: [],
      skipped: [{ operation: '/a', why }],
    });
  });
});

describe('security', () => {
  const security = [{ oauth: ['all'] }];

  it('of an operation overrides that of the document', () => {
    const result = imported(
      { '/a': { get: {}, put: readOnly, post: { security: [] }, patch: { security: [{}] } } },
      { security },
    );
    expect(result.routes.map((route) => [route.method, route.scopeSets, route.public])).toEqual([
      ['GET', [['all']], false],
      ['PUT', [['read']], false],
      ['POST', [], false],
      ['PATCH', [], false],
    ]);
  });

  it('of the document that cannot be understood skips all that rely on it', () => {
    const result = imported(
      { '/a': { get: {}, put: readOnly } },
      { security: 'none' },
      { unsecured: 'public' },
    );
    expect(labelsOf(result)).toEqual(['PUT /a']);
    expect(result.skipped).toEqual([{ operation: 'GET /a', why: 'its security is no list' }]);
  });

  it('that is missing opens to anybody where the caller says so, and nothing else does', () => {
    const paths = {
      '/a': {
        get: {},
        put: readOnly,
        post: { security: [{ key: [] }] },
        patch: { security: [{}] },
      },
    };
    const publicOnes = imported(paths, {}, { unsecured: 'public' }).routes.filter(
      (route) => route.public,
    );
    expect(publicOnes.map((route) => route.method)).toEqual(['GET', 'PATCH']);
    expect(publicOnes.every((route) => route.scopeSets.length === 0)).toBe(true);
  });

  it('with an alternative that needs no scopes is noted', () => {
    const result = imported({ '/a': { get: { security: [{ key: [] }, { oauth: ['read'] }] } } });
    expect(result.routes[0]?.scopeSets).toEqual([['read']]);
    expect(result.notes).toEqual([
      { operation: 'GET /a', note: expect.stringMatching(/here the scopes are required/) },
    ]);
  });
});

describe('scopes', () => {
  const components = {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: {
          implicit: { scopes: { write: 'Write it', read: '' } },
          clientCredentials: { scopes: { read: 'Read it', write: 'Another text', odd: 7 } },
          'x-flow': null,
        },
      },
      again: { $ref: '#/components/securitySchemes/oauth' },
      oidc: { type: 'openIdConnect' },
      broken: 'x',
      worse: { flows: [] },
    },
  };

  it('are those that schemes declare, then those that only routes name', () => {
    const result = imported(
      { '/a': { get: { security: [{ oidc: ['more', 'read'] }] } } },
      { components },
    );
    expect(result.scopes).toEqual([
      { name: 'write', description: 'Write it' },
      { name: 'read', description: 'Read it' },
      { name: 'odd', description: '' },
      { name: 'more', description: '' },
    ]);
  });

  it('all get the prefix', () => {
    const result = imported(
      { '/a': { get: readOnly } },
      { components },
      { unsecured: 'any_key', scopePrefix: 'do.' },
    );
    expect(result.scopes.map((scope) => scope.name)).toEqual(['do.write', 'do.read', 'do.odd']);
    expect(result.routes[0]?.scopeSets).toEqual([['do.read']]);
  });

  it('have no secret of ours in their descriptions', () => {
    const secret = newSecret('lk', 'production');
    const flows = { implicit: { scopes: { read: `Try it with ${secret}` } } };
    const result = imported({}, { components: { securitySchemes: { oauth: { flows } } } });
    expect(result.scopes).toEqual([{ name: 'read', description: 'Try it with ***' }]);
  });

  it('that may not join the catalogue are noted', () => {
    const flows = { implicit: { scopes: { 'latchkey.keys.write': '', 'a b': '', ok: '' } } };
    const result = imported({}, { components: { securitySchemes: { oauth: { flows } } } });
    expect(result.scopes).toEqual([{ name: 'ok', description: '' }]);
    expect(result.notes).toEqual([
      {
        operation: 'components.securitySchemes.oauth',
        note: expect.stringMatching(/reserved prefix/),
      },
      {
        operation: 'components.securitySchemes.oauth',
        note: expect.stringMatching(/"a b" cannot be/),
      },
    ]);
  });

  it('called like what every object has are scopes like any other', () => {
    const result = imported({
      '/a': { get: { security: [{ oauth: ['__proto__', 'constructor'] }] } },
    });
    expect(result.scopes.map((scope) => scope.name)).toEqual(['__proto__', 'constructor']);
  });
});

function manyPaths(count: number, item: unknown): Record<string, unknown> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`/p${i}`, item]));
}

function refusal(document: Record<string, unknown>): unknown {
  return routesOfDocument({ openapi: '3.0.0', ...document }, { unsecured: 'any_key' });
}

describe('bounds', () => {
  it('10,000 operations', () => {
    expect(imported(manyPaths(5_000, { get: {}, put: {} })).routes).toHaveLength(10_000);
    const why = 'the document has more than 10000 operations';
    expect(
      refusal({ paths: { ...manyPaths(5_000, { get: {}, put: {} }), '/one': { get: {} } } }),
    ).toEqual({ ok: false, why });
    expect(refusal({ paths: manyPaths(10_001, null) })).toEqual({ ok: false, why });
  });

  it('operations behind one $ref, as often as it stands', () => {
    const components = { pathItems: { all: { get: {}, put: {}, post: {}, patch: {} } } };
    const why = 'the document has more than 10000 operations';
    expect(
      refusal({ paths: manyPaths(2_501, { $ref: '#/components/pathItems/all' }), components }),
    ).toEqual({ ok: false, why });
  });

  it('fields of path items, as often as a $ref repeats them', () => {
    const large = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, i]));
    const why = "the document's path items hold more than 200000 fields";
    expect(
      refusal({ paths: manyPaths(1_000, { $ref: '#/components/large' }), components: { large } }),
    ).toEqual({ ok: false, why });
  });

  it('declared scopes, as often as a $ref repeats them', () => {
    const scopes = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`s${i}`, '']));
    const again = { $ref: '#/components/securitySchemes/oauth' };
    const copies = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`again${i}`, again]));
    const securitySchemes = { oauth: { flows: { implicit: { scopes } } }, ...copies };
    const why = 'the document declares more than 20000 scopes';
    expect(refusal({ paths: {}, components: { securitySchemes } })).toEqual({ ok: false, why });
  });
});
