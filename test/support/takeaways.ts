import { crmRoutes } from './crm.js';
import type { Json } from './latchkey.js';

/** What can be taken from a key that was let through, and what a call with it is then denied for. */
export interface Takeaway {
  readonly name: string;
  readonly reason: string;
  /** What is taken away, as requests of the operator. */
  readonly change: (at: { key: string; account: string }, key: Json) => [string, string, unknown?];
  /** The doors at which it shows. */
  readonly paths?: readonly string[];
}

export const everyDoorPath = ['/crm/contacts', '/latchkey/v1/self', '/v1/accounts'];
const gatewayOnly = ['/crm/contacts'];
const nobody = { mode: 'enforce', entries: [] };

export const takeaways: Takeaway[] = [
  { name: 'a revoked key', reason: 'KEY_REVOKED', change: ({ key }) => ['POST', `${key}/revoke`] },
  { name: 'a suspended key', reason: 'KEY_SUSPENDED', change: ({ key }) => ['POST', `${key}/suspend`] },
  { name: 'a suspended account', reason: 'ACCOUNT_SUSPENDED', change: ({ account }) => ['POST', `${account}/suspend`] },
  { name: "the key's allowlist", reason: 'IP_NOT_ALLOWED', change: ({ key }) => ['PUT', `${key}/ip-allowlist`, nobody] },
  { name: "the account's allowlist", reason: 'IP_NOT_ALLOWED', change: ({ account }) => ['PUT', `${account}/ip-allowlist`, nobody] },
  { name: 'hapikey switched off', reason: 'HAPIKEY_NOT_ALLOWED', change: ({ account }) => ['PATCH', account, { allowHapikey: false }] },
  { name: 'a rotation without grace', reason: 'SECRET_EXPIRED', change: ({ key }) => ['POST', `${key}/rotations`, { graceSeconds: 0 }] },
  { name: '#33 a scope taken from the key', reason: 'SCOPE_MISSING', change: ({ key }) => ['PATCH', key, { scopes: [] }], paths: ['/crm/contacts', '/v1/accounts'] },
  { name: '#33 an entitlement taken from the account', reason: 'SCOPE_MISSING', change: ({ account }) => ['PATCH', account, { entitledScopes: ['orders.read'] }], paths: gatewayOnly },
  { name: 'a route that needs more', reason: 'SCOPE_MISSING', change: () => ['PUT', '/v1/services/crm/routes', { routes: [{ ...crmRoutes[0], scopeSets: [['orders.read']] }] }], paths: gatewayOnly },
  { name: '#32 a route withdrawn', reason: 'ROUTE_UNKNOWN', change: () => ['PUT', '/v1/services/crm/routes', { routes: crmRoutes.slice(1, 2) }], paths: gatewayOnly },
]; // prettier-ignore
