import type { Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { everyPage } from '../api/pages.js';
import type { KeysSearch } from './keys-search.js';

export type ApiKey = Schemas['ApiKeyResponse'];
export type Scope = Schemas['ScopeResponse'];

const pageSize = 100;

export function keysQuery(accountId: string, search: KeysSearch) {
  return infiniteQueryOptions({
    queryKey: ['keys', accountId, search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/accounts/{accountId}/keys', {
          params: {
            path: { accountId },
            query: {
              ...search,
              limit: pageSize,
              ...(pageParam !== undefined && { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

export function keyQuery(accountId: string, keyId: string) {
  return queryOptions({
    queryKey: ['key', accountId, keyId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/keys/{keyId}', {
          params: { path: { accountId, keyId } },
        }),
      ),
  });
}

export function usageQuery(accountId: string, keyId: string) {
  return queryOptions({
    queryKey: ['key-usage', accountId, keyId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/keys/{keyId}/usage', {
          params: { path: { accountId, keyId } },
        }),
      ),
  });
}

/** The whole catalogue: page after page, as far as it goes. */
export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  staleTime: 60_000,
  queryFn: () => everyPage((query) => answered(api.GET('/v1/scopes', { params: { query } }))),
});

/** The secret that calls are made with, or were last. */
export function currentSecretOf({ secrets }: ApiKey): Schemas['SecretResponse'] | undefined {
  return secrets.find(({ state }) => state === 'current') ?? secrets[0];
}
