import { useQueries, useQuery } from '@tanstack/react-query';
import { routesQuery, servicesQuery, type Route, type Service } from '../services/services.js';
import { useStanding, useVisitor } from '../session/session.js';

/** A call that a key with certain scopes may make. */
export interface FirstCall {
  readonly url: string;
  /** Which scopes of the key open it; `null` where any key may make it. */
  readonly opensWith: readonly string[] | null;
}

/** Whoever has hundreds of services knows what to call. */
const servicesMax = 8;

/** Something to try a key with: a route that its scopes open and that needs nothing else, or else what every key may ask. */
export function useFirstCall(scopes: readonly string[]): FirstCall {
  const { accessUrl } = useVisitor();
  const mayLook = useStanding().may('latchkey.services.read') && scopes.length > 0;
  const services = useQuery({ ...servicesQuery, enabled: mayLook });
  // A service that is not open answers only to accounts that are bound to it.
  const open = (services.data ?? []).filter(({ open: isOpen }) => isOpen).slice(0, servicesMax);
  const routes = useQueries({ queries: open.map(({ name }) => routesQuery(name)) });
  for (const [place, service] of open.entries()) {
    const found = routes[place]?.data?.map((route) => callOf(service, route, scopes)) ?? [];
    const call = found.find((each) => each !== null);
    if (call) return { ...call, url: `${accessUrl}${call.url}` };
  }
  return { url: `${accessUrl}/latchkey/v1/self`, opensWith: null };
}

function callOf(
  { mount }: Service,
  { method, path, scopeSets, public: isPublic }: Route,
  scopes: readonly string[],
): FirstCall | null {
  if (method !== 'GET' || isPublic || path.includes('{') || path.includes('*')) return null;
  const opensWith = scopeSets.find(
    (set) => set.length > 0 && set.every((scope) => scopes.includes(scope)),
  );
  if (opensWith === undefined) return null;
  return { url: `${mount === '/' ? '' : mount}${path}`, opensWith };
}
