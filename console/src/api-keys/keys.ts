import type { Schemas } from '@latchkey/sdk';
import {
  infiniteQueryOptions,
  queryOptions,
  useMutation,
  useQueryClient,
  type QueryClient,
} from '@tanstack/react-query';
import { changeAsSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer, type Tagged } from '../api/client.js';
import { everyPage } from '../api/pages.js';
import type { KeysSearch } from './keys-search.js';

export type ApiKey = Schemas['ApiKeyResponse'];
/** A key as a list shows it. */
export type ListedKey = Schemas['ListedApiKeyResponse'];
export type Scope = Schemas['ScopeResponse'];

const pageSize = 100;

/** @param search `with` is for a page that shows the hours of each key: they are counted anew each time */
export function keysQuery(accountId: string, search: KeysSearch & { readonly with?: 'hours' }) {
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
      taggedAnswer(
        api.GET('/v1/accounts/{accountId}/keys/{keyId}', {
          params: { path: { accountId, keyId } },
        }),
      ),
  });
}

/** A change of some of a key's settings. */
interface KeyEdit {
  /** As it was when somebody began to change it. */
  readonly seen: Tagged<ApiKey>;
  readonly part: (key: ApiKey) => unknown;
  readonly body: Schemas['UpdateApiKeyRequest'];
}

export function useKeyEdit(accountId: string, keyId: string) {
  const queries = useQueryClient();
  const params = { path: { accountId, keyId } };
  return useMutation({
    mutationFn: ({ body, ...edit }: KeyEdit) =>
      changeAsSeen({
        ...edit,
        read: () => queries.fetchQuery({ ...keyQuery(accountId, keyId), staleTime: 0 }),
        change: (headers) =>
          taggedAnswer(
            api.PATCH('/v1/accounts/{accountId}/keys/{keyId}', { params, body, headers }),
          ),
      }),
    onSuccess: (key) => showKey(queries, key),
  });
}

/** What may become of a key by an action. */
export type KeyAction = 'suspend' | 'resume' | 'revoke';

export function actOnKey(
  accountId: string,
  keyId: string,
  action: KeyAction,
): Promise<Tagged<ApiKey>> {
  const asked = { params: { path: { accountId, keyId } }, body: {} };
  switch (action) {
    case 'suspend':
      return taggedAnswer(api.POST('/v1/accounts/{accountId}/keys/{keyId}/suspend', asked));
    case 'resume':
      return taggedAnswer(api.POST('/v1/accounts/{accountId}/keys/{keyId}/resume', asked));
    case 'revoke':
      return taggedAnswer(api.POST('/v1/accounts/{accountId}/keys/{keyId}/revoke', asked));
  }
}

/** Shows a key as a change has left it, wherever it is shown. */
export async function showKey(queries: QueryClient, key: Tagged<ApiKey>): Promise<void> {
  queries.setQueryData(keyQuery(key.accountId, key.id).queryKey, key);
  await queries.invalidateQueries({ queryKey: ['keys', key.accountId] });
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

const dayMs = 86_400_000;

/** Who called with a key in the last 24 hours: whom it would hurt if it stopped. */
export function lastDaysCallers({
  callers,
}: Schemas['KeyUsageResponse']): readonly Schemas['KeyCallerResponse'][] {
  return callers.filter(({ lastSeenAt }) => Date.now() - Date.parse(lastSeenAt) < dayMs);
}

/** The whole catalogue: page after page, as far as it goes. */
export const scopesQuery = queryOptions({
  queryKey: ['scopes'],
  staleTime: 60_000,
  queryFn: () => everyPage((query) => answered(api.GET('/v1/scopes', { params: { query } }))),
});

const ofUseToIntegrations = new Set(['latchkey.self.rotate', 'latchkey.verify']);

/** What a key of an integration is offered, and what this one has already: keys that manage are made elsewhere. */
export function offeredScopes(
  catalogue: readonly Scope[],
  had: readonly string[] = [],
): readonly Scope[] {
  return catalogue.filter(
    ({ name }) =>
      !name.startsWith('latchkey.') || ofUseToIntegrations.has(name) || had.includes(name),
  );
}

/** One that was revoked stays as it is. */
export function canBeChanged({ state }: ApiKey): boolean {
  return state !== 'revoked';
}

/** The secret that calls are made with, or were last. */
export function currentSecretOf({ secrets }: ApiKey): Schemas['SecretResponse'] | undefined {
  return secrets.find(({ state }) => state === 'current') ?? secrets[0];
}
