import type { Account } from '../accounts/accounts.js';
import type { ApiKey } from '../api-keys/keys.js';
import type { Binding } from '../bindings/bindings.js';
import type { Route, Service } from '../services/services.js';

export type KeyVerdict =
  | { readonly may: true; readonly by: readonly string[] }
  | { readonly may: false; readonly why: string };

/** Whether a key's calls get to a route, by what the lists of the API say of it. In the order in which the gateway looks. */
export function judgeKey(
  key: Pick<ApiKey, 'state' | 'environment' | 'scopes'>,
  account: Pick<Account, 'state' | 'entitledScopes'>,
  service: Pick<Service, 'open'>,
  bindings: readonly Pick<Binding, 'environment'>[],
  route: Pick<Route, 'scopeSets' | 'public'>,
): KeyVerdict {
  if (route.public) return { may: true, by: [] };
  if (key.state !== 'active') return { may: false, why: `The key is ${key.state}.` };
  if (account.state !== 'active') return { may: false, why: 'The account is suspended.' };
  const isBound = bindings.some(
    ({ environment }) => environment === null || environment === key.environment,
  );
  if (!service.open && !isBound)
    return { may: false, why: `The account is not bound to the service for ${key.environment}.` };
  if (route.scopeSets.length === 0) return { may: true, by: [] };
  const held = new Set(
    key.scopes.filter((scope) => account.entitledScopes?.includes(scope) ?? true),
  );
  const lacking = route.scopeSets
    .map((set) => ({ set, missing: set.filter((scope) => !held.has(scope)) }))
    .sort((one, other) => one.missing.length - other.missing.length);
  const nearest = lacking[0];
  if (nearest === undefined || nearest.missing.length === 0)
    return { may: true, by: nearest?.set ?? [] };
  const granted = nearest.missing.filter((scope) => key.scopes.includes(scope));
  if (granted.length === nearest.missing.length)
    return { may: false, why: `Its account is not entitled to ${granted.join(', ')}.` };
  return { may: false, why: `It lacks ${nearest.missing.join(', ')}.` };
}
