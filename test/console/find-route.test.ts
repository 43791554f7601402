import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findRoute, segmentsOf, serviceOf } from '../../console/src/route-tester/find-route.js';
import type { Service } from '../../console/src/services/services.js';
import { readRequestTarget } from '../../src/core/request-path.js';
import { routeShape, RouteTable, type Route } from '../../src/core/route-table.js';
import { parseRouteTemplate } from '../../src/core/route-template.js';
import { numRuns } from '../support/property-runs.js';

/** The console has no part of the server in it, so what it says of a call is held against what the gateway does. */
describe('Which route the console says a call is for', () => {
  const text = fc.constantFrom('a', 'b', 'ab', 'a.b', '.csv', 'ü', '%20', '%2F', '+', '(a)');
  const parameter = fc.constantFrom('{x}', '{y}', '{z}');
  const wanted = fc.oneof(
    { weight: 3, arbitrary: text },
    { weight: 4, arbitrary: parameter },
    fc.tuple(text, parameter).map((parts) => parts.join('')),
    fc.tuple(parameter, text).map((parts) => parts.join('')),
    fc.tuple(fc.constant('{x}'), text, fc.constant('{y}')).map((parts) => parts.join('')),
    fc.constant(''),
  );
  const template = fc
    .tuple(fc.array(wanted, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([segments, hasRest]) => `/${segments.join('/')}${hasRest ? '/*' : ''}`)
    .filter((path) => parseRouteTemplate(path).ok);
  const method = fc.constantFrom('GET' as const, 'POST' as const);
  const routes = fc
    .uniqueArray(fc.record({ method, path: template }), {
      minLength: 4,
      maxLength: 12,
      selector: (route) => routeShape(route.method, route.path),
    })
    .map((all) =>
      all.map((route, at): Route & { scopeSets: string[][] } => ({
        ...route,
        ...{ id: `rte_${at}`, scopeSets: [], public: false },
      })),
    );
  const services = fc
    .uniqueArray(fc.record({ mount: fc.constantFrom('/', '/a', '/a/b', '/b'), routes }), {
      minLength: 1,
      maxLength: 3,
      selector: ({ mount }) => mount,
    })
    .map((all) => all.map(({ mount, ...rest }) => ({ ...rest, ...serviceAt(mount) })));
  // Mostly such as there are routes for.
  const usual = fc.constantFrom('a', 'b', 'ab', 'a.b', 'x.csv', '%C3%BC');
  const odd = fc.constantFrom('', '%20', '%2F', '+', '(a)', '.', '..', '%zz', '%5C', 'b-a');
  const asked = fc
    .array(fc.oneof({ weight: 12, arbitrary: usual }, odd), { minLength: 1, maxLength: 4 })
    .map((pieces) => `/${pieces.join('/')}`);

  it('is the route that the gateway takes, of random routes and paths', () => {
    let found = 0;
    fc.assert(
      fc.property(
        services,
        fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
        asked,
        (all, by, path) => {
          const { path: reading } = readRequestTarget(path);
          const told = segmentsOf(path);
          expect(told.ok).toBe(reading.valid);
          if (!told.ok) return;
          const { service, match } = new RouteTable(all).resolve(by, reading);
          const toldService = serviceOf(told.segments, all);
          expect(toldService?.mount).toBe(service?.mount);
          if (toldService === undefined || service === null) return;
          const finding = findRoute(by, told.segments, toldService, service.routes);
          if (match.kind === 'found') {
            found += 1;
            expect(finding).toEqual({ kind: 'found', route: match.route });
          } else expect(finding.kind).toBe(match.kind === 'unknown' ? 'unknown' : 'other_methods');
        },
      ),
      { numRuns },
    );
    // Otherwise little was compared.
    expect(found).toBeGreaterThan(numRuns / 50);
  });

  it('takes the path out of an address, and leaves the query', () => {
    const segments = ['crm', 'contacts', '42'];
    for (const said of [
      '/crm/contacts/42',
      ' https://api.example.com/crm/contacts/42?hapikey=x ',
      'HTTP://api.example.com:8080/crm/contacts/42#top',
    ])
      expect(segmentsOf(said)).toEqual({ ok: true, segments });
    expect(segmentsOf('https://api.example.com')).toEqual({ ok: true, segments: [''] });
    expect(segmentsOf('contacts')).toMatchObject({ ok: false });
  });

  function serviceAt(mount: string): Service {
    return {
      ...{ id: `svc_${mount}`, name: 'any', mount, open: true, stripMount: true },
      ...{ timeoutMs: 1000, identityHeaders: null, createdAt: '2026-01-01T00:00:00.000Z' },
    };
  }
});
