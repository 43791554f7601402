import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import { readRequestTarget } from './request-path.js';
// prettier-ignore
import { mountSegments, RouteTable, routeMethods, routeShape, type Mounted, type Route, type RouteMethod } from './route-table.js';

/** A route whose id is what it was declared as. */
function route(text: string): Route {
  const [method = '', path = ''] = text.split(' ');
  return { id: text, method: method as RouteMethod, path, scopeSets: [], public: false };
}

// prettier-ignore
const tableOf = (...routes: string[]) => new RouteTable([{ mount: '/', routes: routes.map(route) }]);

/** What a request such as `GET /a` comes to: the route's declaration, or the kind of match. */
function resolved(table: RouteTable<Mounted>, request: string): string {
  const [method = '', target = ''] = request.split(' ');
  const { match } = table.resolve(method, readRequestTarget(target).path);
  if (match.kind === 'method_not_allowed') return `405 ${match.allow.join(', ')}`;
  return match.kind === 'found' ? match.route.id : match.kind;
}

// prettier-ignore
describe('a route', () => {
  it.each<[name: string, routes: string[], request: string, expected: string]>([
    ['is found', ['GET /contacts'], 'GET /contacts', 'GET /contacts'],
    ['is found by its parameter', ['GET /contacts/{id}'], 'GET /contacts/7', 'GET /contacts/{id}'],
    ['is found at the root', ['GET /'], 'GET /', 'GET /'],
    ['#32 not declared is unknown', ['GET /contacts'], 'GET /companies', 'unknown'],
    ['#32 longer is unknown', ['GET /contacts'], 'GET /contacts/7', 'unknown'],
    ['#32 shorter is unknown', ['GET /contacts/{id}'], 'GET /contacts', 'unknown'],
    ['#32 of the beginning of a segment is unknown', ['GET /contacts'], 'GET /contact', 'unknown'],
    ['#32 of more than a segment is unknown', ['GET /contacts'], 'GET /contactsx', 'unknown'],
    ['#32 in another case is unknown', ['GET /contacts'], 'GET /Contacts', 'unknown'],
    ['#32 with a slash more is unknown', ['GET /contacts'], 'GET /contacts/', 'unknown'],
    ['#32 with a slash less is unknown', ['GET /contacts/'], 'GET /contacts', 'unknown'],
    ['with a final slash is found with it', ['GET /contacts', 'GET /contacts/'], 'GET /contacts/', 'GET /contacts/'],
    ['#32 without routes is unknown', [], 'GET /', 'unknown'],
    ['#32 a parameter is never empty', ['GET /contacts/{id}'], 'GET /contacts/', 'unknown'],
    ['#32 a parameter at the root is never empty', ['GET /{id}'], 'GET /', 'unknown'],
    ['#32 text and an empty parameter is unknown', ['GET /v{n}'], 'GET /v', 'unknown'],
    ['an empty segment falls through to the rest', ['GET /contacts/{id}', 'GET /contacts/*'], 'GET /contacts/', 'GET /contacts/*'],
    ['static goes before a parameter', ['GET /users/{id}', 'GET /users/me'], 'GET /users/me', 'GET /users/me'],
    ['another value reaches the parameter', ['GET /users/{id}', 'GET /users/me'], 'GET /users/mex', 'GET /users/{id}'],
    ['static of another method does not hide a parameter', ['POST /users/me', 'GET /users/{id}'], 'GET /users/me', 'GET /users/{id}'],
    ['a static way that ends nowhere is gone back', ['GET /users/me/keys', 'GET /users/{id}/notes'], 'GET /users/me/notes', 'GET /users/{id}/notes'],
    ['a deep way that ends nowhere is gone back', ['GET /a/{b}/c/d', 'GET /{a}/b/{c}/e'], 'GET /a/b/c/e', 'GET /{a}/b/{c}/e'],
    ['a common beginning of literals is no trap', ['GET /abc/x', 'GET /abd/y', 'GET /{p}/z'], 'GET /abd/z', 'GET /{p}/z'],
    ['parameters may differ in name by method', ['GET /a/{b}', 'PUT /a/{c}'], 'PUT /a/1', 'PUT /a/{c}'],
    ['parameters may differ in name by branch', ['GET /a/{b}/x', 'GET /a/{c}/y'], 'GET /a/1/y', 'GET /a/{c}/y'],
    ['#19 named __proto__ is a segment like others', ['GET /__proto__/{id}'], 'GET /__proto__/constructor', 'GET /__proto__/{id}'],
    ['#19 __proto__ reaches nothing else', ['GET /a'], 'GET /__proto__', 'unknown'],
  ])('%s', (_name, routes, request, expected) => {
    expect(resolved(tableOf(...routes), request)).toBe(expected);
    expect(resolved(tableOf(...routes.toReversed()), request)).toBe(expected);
  });
});

// prettier-ignore
describe('text and parameters in one segment', () => {
  it.each<[name: string, routes: string[], request: string, expected: string]>([
    ['{id}:cancel', ['POST /lists/{id}:cancel'], 'POST /lists/7:cancel', 'POST /lists/{id}:cancel'],
    ['{id}:cancel with an encoded colon', ['POST /lists/{id}:cancel'], 'POST /lists/7%3Acancel', 'POST /lists/{id}:cancel'],
    ['{id}:cancel declared with an encoded colon', ['POST /lists/{id}%3Acancel'], 'POST /lists/7:cancel', 'POST /lists/{id}%3Acancel'],
    ['{id}:cancel beside {id}:archive', ['POST /lists/{id}:archive', 'POST /lists/{id}:cancel'], 'POST /lists/7:cancel', 'POST /lists/{id}:cancel'],
    ['{id}:cancel beside {id}', ['POST /lists/{id}', 'POST /lists/{id}:cancel'], 'POST /lists/7:cancel', 'POST /lists/{id}:cancel'],
    ['{id} beside {id}:cancel', ['POST /lists/{id}', 'POST /lists/{id}:cancel'], 'POST /lists/7:other', 'POST /lists/{id}'],
    ['a literal beside {id}:cancel', ['POST /lists/{id}:cancel', 'POST /lists/me:cancel'], 'POST /lists/me:cancel', 'POST /lists/me:cancel'],
    ['{id}:cancel takes the last colon', ['POST /lists/{id}:cancel'], 'POST /lists/a:cancel:cancel', 'POST /lists/{id}:cancel'],
    ['{id}:cancel needs an id', ['POST /lists/{id}:cancel'], 'POST /lists/:cancel', 'unknown'],
    ['{id}:cancel is no prefix', ['POST /lists/{id}:cancel'], 'POST /lists/7:cancelled', 'unknown'],
    ['{id}:cancel of another method', ['POST /lists/{id}:cancel'], 'GET /lists/7:cancel', '405 POST'],
    ['{year}-{month}.csv', ['GET /{year}-{month}.csv'], 'GET /2024-05.csv', 'GET /{year}-{month}.csv'],
    ['{year}-{month}.csv with more dashes', ['GET /{year}-{month}.csv'], 'GET /2024-05-06.csv', 'GET /{year}-{month}.csv'],
    ['{year}-{month}.csv without a month', ['GET /{year}-{month}.csv'], 'GET /2024-.csv', 'unknown'],
    ['{year}-{month}.csv without a year', ['GET /{year}-{month}.csv'], 'GET /-05.csv', 'unknown'],
    ['{year}-{month}.csv where the dot is a dot', ['GET /{year}-{month}.csv'], 'GET /2024-05xcsv', 'unknown'],
    ['{year}-{month}.csv goes before {name}.csv', ['GET /{name}.csv', 'GET /{year}-{month}.csv'], 'GET /2024-05.csv', 'GET /{year}-{month}.csv'],
    ['{name}.csv takes what has no dash', ['GET /{name}.csv', 'GET /{year}-{month}.csv'], 'GET /2024.csv', 'GET /{name}.csv'],
    ['{name}.json beside {year}-{month}.csv', ['GET /{year}-{month}.csv', 'GET /{name}.json'], 'GET /a.json', 'GET /{name}.json'],
    ['{name}.tar.gz goes before {name}.gz', ['GET /{name}.gz', 'GET /{name}.tar.gz'], 'GET /a.tar.gz', 'GET /{name}.tar.gz'],
    ['of equal text one is chosen whatever the order', ['GET /a{x}', 'GET /{x}b'], 'GET /acb', 'GET /a{x}'],
    ['a way through a mixed segment is gone back', ['GET /{id}:x/a', 'GET /{id}/b'], 'GET /1:x/b', 'GET /{id}/b'],
    ['texts between parameters may overlap in the path', ['GET /{a}aa{b}'], 'GET /aaaa', 'GET /{a}aa{b}'],
    ['texts between parameters may not overlap in the route', ['GET /{a}aa{b}aa'], 'GET /xaaa', 'unknown'],
    ['the same text may be needed twice', ['GET /{a}x{b}x{c}'], 'GET /1x2x3', 'GET /{a}x{b}x{c}'],
    ['the same text once is not twice', ['GET /{a}x{b}x{c}'], 'GET /1x23', 'unknown'],
    ['a regular expression is text', ['GET /(.+){x}[a-z]$'], 'GET /(.+)1[a-z]$', 'GET /(.+){x}[a-z]$'],
    ['a regular expression matches nothing else', ['GET /(.+){x}[a-z]$'], 'GET /ab1q', 'unknown'],
    ['a parameter of 5,000 characters', ['GET /{name}.csv'], `GET /${'a'.repeat(5_000)}.csv`, 'GET /{name}.csv'],
    ['a parameter of 500 letters beyond ASCII', ['GET /{name}.csv'], `GET /${'%C3%BC'.repeat(500)}.csv`, 'GET /{name}.csv'],
    ['a plain parameter of 5,000 characters', ['GET /{name}'], `GET /${'a'.repeat(5_000)}`, 'GET /{name}'],
  ])('%s', (_name, routes, request, expected) => {
    expect(resolved(tableOf(...routes), request)).toBe(expected);
    expect(resolved(tableOf(...routes.toReversed()), request)).toBe(expected);
  });
});

// prettier-ignore
describe('#85 what is encoded', () => {
  it.each<[name: string, routes: string[], request: string, expected: string]>([
    ['/users/me%3Adelete reaches the static /users/me:delete', ['GET /users/{id}', 'GET /users/me:delete'], 'GET /users/me%3Adelete', 'GET /users/me:delete'],
    ['/users/me:delete reaches the static /users/me%3Adelete', ['GET /users/{id}', 'GET /users/me%3Adelete'], 'GET /users/me:delete', 'GET /users/me%3Adelete'],
    ['/%61dmin reaches /admin', ['GET /{any}', 'GET /admin'], 'GET /%61dmin', 'GET /admin'],
    ['/%2561dmin does not', ['GET /{any}', 'GET /admin'], 'GET /%2561dmin', 'GET /{any}'],
    ['a%2Fb stays inside its segment', ['GET /{any}', 'GET /a/b'], 'GET /a%2Fb', 'GET /{any}'],
    ['a%2Fb is no two segments', ['GET /a/b'], 'GET /a%2Fb', 'unknown'],
    ['a/b is no a%2Fb', ['GET /a%2Fb'], 'GET /a/b', 'unknown'],
    ['a%2Fb is reached as a%2fb', ['GET /a%2Fb'], 'GET /a%2fb', 'GET /a%2Fb'],
    ['%2A is no rest', ['GET /%2A'], 'GET /a', 'unknown'],
    ['%7Bid%7D is no parameter', ['GET /%7Bid%7D'], 'GET /7', 'unknown'],
    ['=0061 is no a', ['GET /a'], 'GET /=0061', 'unknown'],
    ['letters beyond ASCII', ['GET /caf%C3%A9'], 'GET /caf%c3%a9', 'GET /caf%C3%A9'],
    ['a composed letter is not its parts', ['GET /caf%C3%A9'], 'GET /cafe%CC%81', 'unknown'],
    ['? and # inside a segment', ['GET /a%3Fb%23c'], 'GET /a%3fb%23c', 'GET /a%3Fb%23c'],
    ['an invalid path leads nowhere', ['GET /*'], 'GET /a/../b', 'unknown'],
  ])('%s', (_name, routes, request, expected) => {
    expect(resolved(tableOf(...routes), request)).toBe(expected);
  });
});

// prettier-ignore
describe('#85 a semicolon', () => {
  it.each<[name: string, routes: string[], request: string, expected: string]>([
    ['inside a parameter', ['GET /users/{id}'], 'GET /users/7;v=1', 'GET /users/{id}'],
    ['inside a parameter before the end', ['GET /users/{id}/notes'], 'GET /users/7;v=1/notes', 'GET /users/{id}/notes'],
    ['that hides a static route', ['GET /users/{id}', 'GET /users/me'], 'GET /users/me;v=1', 'ambiguous'],
    ['that hides a static route, encoded', ['GET /users/{id}', 'GET /users/me'], 'GET /users/me%3Bv=1', 'ambiguous'],
    ['after a static route', ['GET /users/me'], 'GET /users/me;v=1', 'ambiguous'],
    ['that hides a static segment before the end', ['GET /{any}/keys', 'GET /admin/keys'], 'GET /admin;x/keys', 'ambiguous'],
    ['that hides a route not declared', ['GET /{name}.csv'], 'GET /admin;x.csv', 'ambiguous'],
    ['that hides a route of another method', ['GET /{name}.csv', 'POST /admin'], 'GET /admin;x.csv', 'ambiguous'],
    ['inside a mixed segment', ['GET /{name}.csv'], 'GET /a;b.csv;c.csv', 'ambiguous'],
    ['inside the rest', ['GET /*'], 'GET /a;x/b', 'GET /*'],
    ['inside the rest that hides a route', ['GET /*', 'GET /admin/*'], 'GET /admin;x/b', 'ambiguous'],
    ['that was declared', ['GET /users;id={id}'], 'GET /users;id=7', 'GET /users;id={id}'],
    ['that was declared, encoded', ['GET /users%3Bid={id}'], 'GET /users;id=7', 'GET /users%3Bid={id}'],
    ['that was declared beside the same without it', ['GET /users;id={id}', 'GET /users'], 'GET /users;id=7', 'ambiguous'],
    ['on an unknown path', ['GET /users'], 'GET /companies;a', 'unknown'],
    ['with another method', ['GET /users/{id}'], 'POST /users/7;v=1', '405 GET, HEAD'],
  ])('%s: %s %s', (_name, routes, request, expected) => {
    expect(resolved(tableOf(...routes), request)).toBe(expected);
  });
});

describe('#20 methods', () => {
  // prettier-ignore
  const table = tableOf('GET /a', 'POST /a', 'DELETE /a/{id}', 'PATCH /a/b', 'OPTIONS /o', 'TRACE /t', 'PUT /*');

  it.each([
    ['GET /a', 'GET /a'],
    ['HEAD /a', 'GET /a'],
    ['POST /a', 'POST /a'],
    ['DELETE /a', '405 GET, HEAD, POST, PUT'],
    ['OPTIONS /a', '405 GET, HEAD, POST, PUT'],
    ['GET /a/b', '405 PUT, PATCH, DELETE'],
    ['HEAD /a/b', '405 PUT, PATCH, DELETE'],
    ['DELETE /a/b', 'DELETE /a/{id}'],
    ['OPTIONS /o', 'OPTIONS /o'],
    ['TRACE /t', 'TRACE /t'],
    ['PUT /a', 'PUT /*'],
    ['get /a', '405 GET, HEAD, POST, PUT'],
    ['head /a', '405 GET, HEAD, POST, PUT'],
    ['CONNECT /a', '405 GET, HEAD, POST, PUT'],
    ['PROPFIND /nowhere', '405 PUT'],
    ['__proto__ /a', '405 GET, HEAD, POST, PUT'],
    ['constructor /a', '405 GET, HEAD, POST, PUT'],
    [' /a', '405 GET, HEAD, POST, PUT'],
  ])('%s: %s', (request, expected) => {
    expect(resolved(table, request)).toBe(expected);
  });

  it('HEAD on what takes no GET is not allowed', () => {
    expect(resolved(tableOf('POST /a'), 'HEAD /a')).toBe('405 POST');
  });

  it.each(routeMethods)('%s is a method that routes may declare', (method) => {
    expect(resolved(tableOf(`${method} /a`), `${method} /a`)).toBe(`${method} /a`);
  });
});

describe('the rest of a path', () => {
  it.each<[routes: string[], request: string, expected: string]>([
    [['GET /files/*'], 'GET /files/a', 'GET /files/*'],
    [['GET /files/*'], 'GET /files/a/b/c', 'GET /files/*'],
    [['GET /files/*'], 'GET /files/a%2Fb/', 'GET /files/*'],
    [['GET /files/*'], 'GET /files/', 'GET /files/*'],
    [['GET /files/*'], 'GET /files', 'unknown'],
    [['GET /files/*'], 'GET /filesx', 'unknown'],
    [['GET /*'], 'GET /', 'GET /*'],
    [['GET /*'], 'GET /a/b', 'GET /*'],
    [['GET /*', 'GET /a/{b}'], 'GET /a/b', 'GET /a/{b}'],
    [['GET /*', 'GET /a/{b}'], 'GET /a/b/c', 'GET /*'],
    [['GET /*', 'GET /a/*'], 'GET /a/b', 'GET /a/*'],
    [['GET /{x}/*', 'GET /a/b'], 'GET /a/c', 'GET /{x}/*'],
    [['GET /{x}/*', 'GET /a/*'], 'GET /a/c', 'GET /a/*'],
    [['GET /{id}:x/*', 'GET /{id}/*'], 'GET /1:x/c', 'GET /{id}:x/*'],
  ])('%j, %s: %s', (routes, request, expected) => {
    expect(resolved(tableOf(...routes), request)).toBe(expected);
    expect(resolved(tableOf(...routes.toReversed()), request)).toBe(expected);
  });
});

// prettier-ignore
describe('a mount', () => {
  const services = ['/', '/crm', '/crm/v2', '/crmx', '/a/b/c'].map((mount) => ({
    mount,
    routes: [route('GET /'), route('GET /x'), route('GET /x/')],
  }));
  const table = new RouteTable(services);

  it.each<[path: string, mount: string, rawRest: string, kind: string]>([
    ['/', '/', '/', 'found'],
    ['/x', '/', '/x', 'found'],
    ['/crm', '/crm', '/', 'found'],
    ['/crm/', '/crm', '/', 'found'],
    ['/crm/x', '/crm', '/x', 'found'],
    ['/crm/x/', '/crm', '/x/', 'found'],
    ['/crm/v2', '/crm/v2', '/', 'found'],
    ['/crm/v2/', '/crm/v2', '/', 'found'],
    ['/crm/v2/x', '/crm/v2', '/x', 'found'],
    ['/crm/v2x', '/crm', '/v2x', 'unknown'],
    ['/crm/v20/x', '/crm', '/v20/x', 'unknown'],
    ['/crmx/x', '/crmx', '/x', 'found'],
    ['/crmxx/x', '/', '/crmxx/x', 'unknown'],
    ['/cr/x', '/', '/cr/x', 'unknown'],
    ['/CRM/x', '/', '/CRM/x', 'unknown'],
    ['/%63rm/x', '/crm', '/x', 'found'],
    ['/crm%2Fv2/x', '/', '/crm%2Fv2/x', 'unknown'],
    ['/crm;x/x', '/', '/crm;x/x', 'unknown'],
    ['/crm/%78', '/crm', '/%78', 'found'],
    ['/a/b/x', '/', '/a/b/x', 'unknown'],
    ['/a/b/c/x', '/a/b/c', '/x', 'found'],
    ['/x/crm', '/', '/x/crm', 'unknown'],
  ])('%s lies under %s as %s', (path, mount, rawRest, kind) => {
    const resolution = table.resolve('GET', readRequestTarget(path).path);
    expect(resolution).toMatchObject({ rawRest, match: { kind } });
    expect(resolution.service?.mount).toBe(mount);
  });

  it('is nowhere: no service', () => {
    const inner = new RouteTable(services.filter(({ mount }) => mount !== '/'));
    const { path } = readRequestTarget('/elsewhere');
    expect(inner.resolve('GET', path)).toEqual({ service: null, match: { kind: 'unknown' }, rawRest: '/elsewhere' });
    const none = new RouteTable([]);
    expect(none.resolve('GET', path)).toEqual({ service: null, match: { kind: 'unknown' }, rawRest: '/elsewhere' });
  });

  it('an invalid path lies under none', () => {
    const { path } = readRequestTarget('/crm/../x');
    expect(table.resolve('GET', path)).toEqual({ service: null, match: { kind: 'unknown' }, rawRest: '/crm/../x' });
  });

  it('the mount that is declared first or last does not matter', () => {
    const turned = new RouteTable(services.toReversed());
    expect(turned.resolve('GET', readRequestTarget('/crm/v2/x').path).service?.mount).toBe('/crm/v2');
  });

  it.each([
    ['/', []],
    ['/crm', ['crm']],
    ['/crm/v2', ['crm', 'v2']],
  ])('%s has the segments %j', (mount, segments) => {
    expect(mountSegments(mount)).toEqual(segments);
  });
});

describe('the shape of a route', () => {
  const shape = (text: string) => {
    const { method, path } = route(text);
    return routeShape(method, path);
  };

  it.each([
    ['GET /a/{b}', 'GET /a/{c}'],
    ['GET /a/{b}-{c}', 'GET /a/{x}-{y}'],
    ['GET /me:delete', 'GET /me%3Adelete'],
    ['GET /me%3adelete', 'GET /me%3Adelete'],
    ['GET /%61', 'GET /a'],
    ['GET /a/*', 'GET /%61/*'],
  ])('%s is %s', (one, other) => {
    expect(shape(one)).toBe(shape(other));
  });

  it.each([
    ['GET /a/{b}', 'PUT /a/{b}'],
    ['GET /a/{b}', 'GET /a/b'],
    ['GET /a/{b}', 'GET /a/{b}/'],
    ['GET /a/{b}', 'GET /a/*'],
    ['GET /a/{b}', 'GET /a/{b}:c'],
    ['GET /a/{b}:c', 'GET /a/{b}:d'],
    ['GET /a/{b}', 'GET /a/%7Bb%7D'],
    ['GET /a/{b}', 'GET /a/%7B%7D'],
    ['GET /a/*', 'GET /a/%2A'],
    ['GET /a%2Fb', 'GET /a/b'],
    ['GET /a=002fb', 'GET /a%2Fb'],
    ['GET /a', 'GET /A'],
  ])('%s is not %s', (one, other) => {
    expect(shape(one)).not.toBe(shape(other));
  });

  it('of what is no template is its text', () => {
    expect(shape('GET /{a')).toBe('GET /{a');
  });

  it('declared twice opens by the first, and a template that is none by nobody', () => {
    expect(resolved(tableOf('GET /a/{b}', 'GET /a/{c}'), 'GET /a/1')).toBe('GET /a/{b}');
    expect(resolved(tableOf('GET /{a', 'GET /b'), 'GET /{a')).toBe('unknown');
  });
});

// The naive reading: of all routes that fit the whole path, the one whose segments say most, looked at from the left.

type Part = { readonly text: string } | { readonly name: string };

interface Declared {
  readonly segments: readonly (readonly Part[])[];
  readonly rest: boolean;
  readonly method: RouteMethod;
  readonly route: Route;
}

// prettier-ignore
const text = fc.constantFrom('a', 'b', 'ab', 'aa', '-', ':x', '.csv', 'a/b', 'ü', '{', '=002d', 'a;b', '%41');
const parameter: fc.Arbitrary<Part> = fc.constant({ name: '' });

// prettier-ignore
const parts: fc.Arbitrary<Part[]> = fc.oneof(
  { weight: 4, arbitrary: text.map((one) => [{ text: one }]) },
  { weight: 3, arbitrary: parameter.map((one) => [one]) },
  { weight: 3, arbitrary: fc.tuple(fc.option(text), parameter, fc.option(fc.tuple(text, parameter)), fc.option(text)).map(([before, first, second, after]) => [
    ...(before === null ? [] : [{ text: before }]),
    first,
    ...(second === null ? [] : [{ text: second[0] }, second[1]]),
    ...(after === null ? [] : [{ text: after }]),
  ]) },
);

const declared: fc.Arbitrary<Declared> = fc
  .record({
    segments: fc.array(parts, { minLength: 1, maxLength: 3 }),
    slash: fc.boolean(),
    rest: fc.oneof(
      { weight: 4, arbitrary: fc.constant(false) },
      { weight: 1, arbitrary: fc.constant(true) },
    ),
    method: fc.constantFrom<RouteMethod>('GET', 'POST', 'DELETE'),
  })
  // prettier-ignore
  .map(({ segments: some, slash, rest, method }) => {
    const segments = slash && !rest && some.length > 1 ? [...some.slice(0, -1), []] : some;
    let names = 0;
    const path = segments
      .map((segment) =>
        segment
          .map((part) => ('text' in part ? encodeURIComponent(part.text) : `{p${(names += 1)}}`))
          .join(''),
      )
      .join('/');
    const route = {
      id: '',
      method,
      path: `/${path}${rest ? '/*' : ''}`,
      scopeSets: [],
      public: false,
    };
    return { segments, rest, method, route };
  });

// prettier-ignore
const shapeByHand = ({ segments, rest, method }: Declared) => JSON.stringify([method, segments, rest]);

/** Whether the segment fits, and how much it says: the smaller, the more. */
// prettier-ignore
function rankByHand(segment: readonly Part[], value: string): string | null {
  const source = segment.map((part) => ('text' in part ? part.text.replace(/[.{]/g, '\\$&') : '[^]+'));
  if (!new RegExp(`^${source.join('')}$`).test(value)) return null;
  if (segment.every((part) => 'text' in part)) return '0';
  if (segment.length === 1) return '2';
  const texts = segment.map((part) => ('text' in part ? part.text : ''));
  return `1 ${100 - texts.join('').length}`;
}

// prettier-ignore
function routeByHand(routes: readonly Declared[], method: string, values: readonly string[]): Route[] {
  const ranked = routes
    .filter((one) => one.method === method)
    .filter((one) => (one.rest ? values.length > one.segments.length : values.length === one.segments.length))
    .flatMap((one) => {
      const ranks = one.segments.map((segment, i) => rankByHand(segment, values[i] as string));
      return ranks.includes(null) ? [] : [{ route: one.route, ranks: [...ranks, ...(one.rest ? ['3'] : [])].join('|') }];
    })
    .sort((one, other) => (one.ranks < other.ranks ? -1 : 1));
  return ranked.filter(({ ranks }) => ranks === ranked[0]?.ranks).map(({ route }) => route);
}

// prettier-ignore
describe('any routes and any path', () => {
  // prettier-ignore
  const value = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 4 }).map((some) => some.join('')));
  const asked = fc.record({
    method: fc.option(fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'), { freq: 1 }),
    from: fc.nat(20),
    fillers: fc.array(value, { minLength: 6, maxLength: 6 }),
    values: fc.option(fc.array(value, { minLength: 1, maxLength: 4 }), { freq: 1 }),
    tail: fc.constantFrom([], [], [], [], [], ['']),
    escaped: fc.boolean(),
  });

  it('agree with the naive reading', () => {
    const found = { matches: 0 };
    fc.assert(
      fc.property(fc.uniqueArray(declared, { selector: shapeByHand, maxLength: 9 }), asked, (routes, ask) => {
        const like = routes[ask.from % (routes.length || 1)];
        // Half of the paths are made from a route, its parameters filled in; the others are free.
        let next = 0;
        const filled = like?.segments.map((parts) =>
          parts.map((part) => ('text' in part ? part.text : ask.fillers[(next += 1) % 6])).join(''),
        );
        const values = [...(ask.values ?? filled ?? ['a']), ...(like?.rest ? ['a'] : []), ...ask.tail];
        const raw = `/${values.map((one) => (ask.escaped ? escapeAll(one) : encodeURIComponent(one))).join('/')}`;
        const { path } = readRequestTarget(raw);
        fc.pre(path.valid);

        const table = new RouteTable([{ mount: '/', routes: routes.map(({ route }) => route) }]);
        const sent = ask.method ?? like?.method ?? 'GET';
        const method = sent === 'HEAD' ? 'GET' : sent;
        const expected = routeByHand(routes, method, values);
        const { match } = table.resolve(sent, path);
        if (values.join('').includes(';')) {
          const bare = routeByHand(routes, method, values.map((one) => one.replace(/;.*/, '')));
          fc.pre(expected.length < 2 && bare.length < 2);
          const saysSo = bare.length === 0 && expected[0]?.path.includes('%3B') === true;
          expect(match.kind === 'ambiguous').toBe(expected[0] !== bare[0] && !saysSo);
          if (match.kind === 'ambiguous') return;
        }
        if (expected.length > 0) {
          found.matches += 1;
          expect(match.kind === 'found' && expected.includes(match.route)).toBe(true);
        } else {
          const allow = routeMethods.filter((one) => routeByHand(routes, one, values).length > 0);
          expect(match).toEqual(
            allow.length === 0
              ? { kind: 'unknown' }
              : { kind: 'method_not_allowed', allow: allow.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : [one])) },
          );
        }
      }),
      { numRuns },
    );
    // Or else this would have tested nothing but paths that lead nowhere.
    expect(found.matches).toBeGreaterThan(numRuns / 5);
  });

  it('give the same in whatever order the routes were declared', () => {
    fc.assert(
      fc.property(fc.uniqueArray(declared, { selector: shapeByHand, maxLength: 9 }), fc.nat(8), fc.array(value, { minLength: 6, maxLength: 6 }), (routes, from, fillers) => {
        const like = routes[from % (routes.length || 1)];
        fc.pre(like !== undefined);
        let next = 0;
        const values = like?.segments.map((parts) => parts.map((part) => ('text' in part ? part.text : fillers[(next += 1) % 6])).join(''));
        const { path } = readRequestTarget(`/${values?.map(encodeURIComponent).join('/')}`);
        const all = routes.map(({ route }) => route);
        const one = new RouteTable([{ mount: '/', routes: all }]);
        const other = new RouteTable([{ mount: '/', routes: all.toReversed() }]);
        expect(other.resolve('GET', path).match).toEqual(one.resolve('GET', path).match);
      }),
      { numRuns },
    );
  });

  it('any mounts: the longest of those that are whole beginnings of the path', () => {
    const segment = fc.constantFrom('a', 'b', 'ab', 'c');
    const mount = fc.array(segment, { maxLength: 3 }).map((some) => `/${some.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(mount, { maxLength: 6 }), fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean(), (mounts, values, slash) => {
        const raw = `/${values.join('/')}${slash ? '/' : ''}`;
        const table = new RouteTable(mounts.map((one) => ({ mount: one, routes: [] })));
        const [longest] = mounts.filter((one) => `${raw}/`.startsWith(one === '/' ? one : `${one}/`)).sort((x, y) => y.length - x.length);
        const { service, rawRest } = table.resolve('GET', readRequestTarget(raw).path);
        expect(service?.mount).toBe(longest);
        if (longest !== undefined) expect(rawRest).toBe(longest === '/' ? raw : raw.slice(longest.length) || '/');
      }),
      { numRuns },
    );
  });
});

function escapeAll(value: string): string {
  return Buffer.from(value).toString('hex').replace(/../g, '%$&');
}

// prettier-ignore
describe('a large table', () => {
  const routes = Array.from({ length: 5_000 }, (_, i) => route(`GET /r${i}/{id}/part${i % 7}`));

  it('of 5,000 routes is built and asked quickly, and every route is found', () => {
    const startedAt = cpuMs();
    const table = new RouteTable([{ mount: '/', routes }]);
    for (let i = 0; i < 5_000; i += 1) {
      const { match } = table.resolve('GET', readRequestTarget(`/r${i}/x/part${i % 7}`).path);
      expect(match.kind === 'found' && match.route === routes[i]).toBe(true);
    }
    expect(cpuMs() - startedAt).toBeLessThan(2_000);
  });

  it('of 5,000 mixed segments side by side is built and asked quickly', () => {
    const startedAt = cpuMs();
    const table = tableOf(...Array.from({ length: 5_000 }, (_, i) => `GET /x/{id}:do${i}`));
    expect(resolved(table, 'GET /x/1:do4999')).toBe('GET /x/{id}:do4999');
    expect(resolved(table, 'GET /x/1:do5000')).toBe('unknown');
    expect(cpuMs() - startedAt).toBeLessThan(2_000);
  });

  const branching = Array.from({ length: 2 ** 10 }, (_, i) =>
    `GET /${Array.from({ length: 10 }, (__, bit) => ((i >> bit) & 1 ? 'a' : `{p${bit}}`)).join('/')}/end`,
  );

  it.each<[name: string, routes: string[], target: string]>([
    ['16 KB in a mixed segment', ['GET /{a}-{b}-{c}x'], `/${'-'.repeat(16_384)}`],
    ['16 KB in a mixed segment with long text', [`GET /{a}${'ab'.repeat(200)}c{b}x`], `/${'ab'.repeat(8_192)}`],
    ['8,000 segments', ['GET /{a}/{b}/{c}', 'GET /a/*'], '/b'.repeat(8_000)],
    ['8,000 segments under many mounts', ['GET /{a}'], '/a'.repeat(8_000)],
    ['16 KB of escapes', ['GET /{a}'], `/${'%61'.repeat(5_461)}`],
    ['16 KB of ;', ['GET /{a}.{b}'], `/a${';'.repeat(16_384)}`],
    ['every way gone back', branching, `/${'a/'.repeat(10)}x`],
  ])('hostile, %s, is judged at once', (_name, declaredRoutes, target) => {
    const services = [{ mount: '/', routes: declaredRoutes.map(route) }, { mount: '/a/a/a/a', routes: [] }];
    const table = new RouteTable(services);
    const { path } = readRequestTarget(target);
    expect(path.valid).toBe(true);
    const startedAt = cpuMs();
    table.resolve('GET', path);
    expect(cpuMs() - startedAt).toBeLessThan(200);
  });
});
