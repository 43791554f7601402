import { type Route, type RouteMethod, RouteTable } from '../../../core/route-table.js';
import { readRequestTarget } from '../../../core/request-path.js';
import { parseRouteTemplate } from '../../../core/route-template.js';

/** Unlikely to be literal text of any document's path. */
const sampleValue = 'latchkey-sample';

/**
 * Finds the route that decides the calls to an operation that was skipped, if any does: without `/users/admin` a call to it
 * falls to `/users/{id}`, whose scopes may be weaker. Whoever skips an operation must say so.
 */
export function widerRouteFinder(
  routes: readonly Omit<Route, 'id'>[],
): (method: RouteMethod, path: string) => Route | null {
  const table = new RouteTable([
    { mount: '/', routes: routes.map((route) => ({ ...route, id: '' })) },
  ]);
  return (method, path) => {
    const sample = samplePath(path);
    if (sample === null) return null;
    const { match } = table.resolve(method, readRequestTarget(sample).path);
    return match.kind === 'found' ? match.route : null;
  };
}

/** A path that the template stands for, or `null` if it is no template. */
function samplePath(template: string): string | null {
  const reading = parseRouteTemplate(template);
  if (!reading.ok) return null;
  const segments = reading.template.segments.map((parts) =>
    parts
      .map((part) => ('parameter' in part ? sampleValue : encodeURIComponent(part.literal)))
      .join(''),
  );
  return `/${[...segments, ...(reading.template.rest ? [sampleValue] : [])].join('/')}`;
}
