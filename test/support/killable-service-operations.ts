import { manages, openAccount, operation, type KillableOperation } from './killable-operations.js';
import type { MortalLatchkey } from './mortal-latchkey.js';
import type { Json } from './send.js';

const credential = { in: 'header', name: 'X-Upstream-Key', value: 'sesame-of-the-upstream' };
const settings = (tag: string) => ({ upstream: 'http://127.0.0.1:9', mount: `/${tag}` });

export const importDocument = operation(
  'import an OpenAPI document',
  'service.openapi_imported',
  async (latchkey, tag) => {
    const service = await publish(latchkey, tag);
    const paths = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [
        `/things-${i}/{id}`,
        { get: needs(`${tag}.read`), put: needs(`${tag}.write`), delete: needs(`${tag}.${i % 7}`) },
      ]),
    );
    const request = manages('PUT', `/v1/services/${tag}/openapi`, { openapi: '3.0.3', paths });
    return { request, made: service };
  },
);

export const serviceOperations: readonly KillableOperation[] = [
  operation('put a scope', 'scope.created', async (_latchkey, tag) => ({
    request: manages('PUT', `/v1/scopes/${tag}`, { description: tag, dataCategories: ['names'] }),
    made: [],
  })),
  operation('put a service with a credential', 'service.created', async (_latchkey, tag) => ({
    request: manages('PUT', `/v1/services/${tag}`, { ...settings(tag), credential }),
    made: [],
  })),
  operation('change a service with a credential', 'service.changed', async (latchkey, tag) => {
    const made = await publish(latchkey, tag);
    const body = {
      ...settings(tag),
      timeoutMs: 1000,
      credential: { ...credential, value: 'another' },
    };
    return { request: manages('PUT', `/v1/services/${tag}`, body), made };
  }),
  operation('put routes', 'service.routes_replaced', async (latchkey, tag) => {
    const made = await publish(latchkey, tag);
    const routes = ['/stays', '/comes'].map((path) => ({
      ...{ method: 'GET', path, scopeSets: [['contacts.read']] },
    }));
    return { request: manages('PUT', `/v1/services/${tag}/routes`, { routes }), made };
  }),
  operation(
    'import a small OpenAPI document',
    'service.openapi_imported',
    async (latchkey, tag) => {
      const made = await publish(latchkey, tag);
      const paths = {
        '/stays': { get: needs('contacts.read') },
        '/pets': { get: needs(`${tag}.pets`) },
      };
      const request = manages('PUT', `/v1/services/${tag}/openapi`, { openapi: '3.0.3', paths });
      return { request, made };
    },
  ),
  importDocument,
  operation('bind an account to a service', 'binding.created', async (latchkey, tag) => {
    const [service, account] = await publishFor(latchkey, tag);
    const body = { environment: 'qa', upstream: 'http://127.0.0.1:10', credential };
    return { request: manages('PUT', bindingPath(account, tag), body), made: [service, account] };
  }),
  operation('take a binding away', 'binding.deleted', async (latchkey, tag) => {
    const [service, account] = await publishFor(latchkey, tag);
    const path = bindingPath(account, tag);
    const binding = await latchkey.manage('PUT', path, {
      upstream: 'http://127.0.0.1:10',
      credential,
    });
    return { request: manages('DELETE', path), made: [service, account, binding] };
  }),
];

/** A service with two routes. */
async function publish(latchkey: MortalLatchkey, tag: string): Promise<Json[]> {
  const service = await latchkey.manage('PUT', `/v1/services/${tag}`, {
    ...settings(tag),
    credential,
  });
  const routes = ['/goes', '/stays'].map((path) => ({ method: 'GET', path, scopeSets: [] }));
  return [service, await latchkey.manage('PUT', `/v1/services/${tag}/routes`, { routes })];
}

async function publishFor(latchkey: MortalLatchkey, tag: string): Promise<[Json, Json]> {
  const settingsOfClosed = { ...settings(tag), open: false };
  const service = await latchkey.manage('PUT', `/v1/services/${tag}`, settingsOfClosed);
  return [service, await openAccount(latchkey, tag)];
}

function bindingPath(account: Json, name: string): string {
  return `/v1/accounts/${account.id}/services/${name}`;
}

function needs(scope: string): object {
  return {
    responses: {},
    security: [{ oauth: [scope] }],
  };
}
