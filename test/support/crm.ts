import type { Json, TestLatchkey } from './latchkey.js';

/** A small published API, and an account to call it with: what most tests begin from. */
export interface Crm {
  readonly accountId: string;
  readonly serviceId: string;
  /** Makes a key in that account. @returns the key with its `secret` */
  makeKey(settings?: Json): Promise<Json>;
}

export const crmRoutes = [
  { method: 'GET', path: '/contacts', scopeSets: [['contacts.read']] },
  { method: 'GET', path: '/contacts/{id}', scopeSets: [['contacts.read'], ['contacts.readwrite']] },
  { method: 'POST', path: '/contacts', scopeSets: [['contacts.read', 'contacts.write']] },
  { method: 'DELETE', path: '/contacts/{id}', scopeSets: [['contacts.write']] },
  { method: 'GET', path: '/orders', scopeSets: [['orders.read']] },
  { method: 'GET', path: '/ping', scopeSets: [] },
  { method: 'GET', path: '/status', scopeSets: [], public: true },
];

export const crmScopes = ['contacts.read', 'contacts.write', 'contacts.readwrite', 'orders.read'];

/** Publishes `upstreamUrl` as the service `crm`, mounted at `/crm`, and opens an account. */
export async function publishCrm(
  latchkey: Pick<TestLatchkey, 'manage'>,
  upstreamUrl: string,
  settings: Json = {},
): Promise<Crm> {
  for (const scope of crmScopes)
    await latchkey.manage('PUT', `/v1/scopes/${scope}`, { description: scope });
  const service = await latchkey.manage('PUT', '/v1/services/crm', {
    upstream: upstreamUrl,
    mount: '/crm',
    ...settings,
  });
  await latchkey.manage('PUT', '/v1/services/crm/routes', { routes: crmRoutes });
  const account = await latchkey.manage('POST', '/v1/accounts', { name: 'Rolling Donut Ltd' });
  return {
    accountId: account.id,
    serviceId: service.id,
    makeKey: (key = {}) =>
      latchkey.manage('POST', `/v1/accounts/${account.id}/keys`, {
        name: 'Vendor',
        scopes: ['contacts.read'],
        ...key,
      }),
  };
}
