import type { OwnRoute } from '../../core/access-request.js';
import type { GuardedRequest } from './guarded-request.js';
import type { RouteOpenness } from './require-scopes.js';

/**
 * The route of a management request, as it is judged.
 *
 * @param scopeSets what opens it, where that is known
 */
export function ownRouteOf(
  request: GuardedRequest,
  scopeSets: OwnRoute['scopeSets'] = [],
): OwnRoute {
  const { url: path = '', config } = request.routeOptions ?? {};
  const { openTo } = (config ?? {}) as RouteOpenness;
  const accountId = accountNamedBy(request);
  return {
    ...{ kind: 'own', path, scopeSets },
    ...(accountId !== undefined && { accountId }),
    ...(openTo !== undefined && { openTo }),
  };
}

/** The account that a request is about: by its path, or where that names none, by a header of whoever is a member of several. */
export function accountNamedBy({ params, headers }: GuardedRequest): string | undefined {
  const { accountId } = (params ?? {}) as { accountId?: string };
  return accountId ?? [headers['latchkey-account']].flat()[0];
}
