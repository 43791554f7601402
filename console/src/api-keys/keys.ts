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
import { lookEveryMs } from '../api/queries.js';
import type { Standing } from '../session/session.js';
import type { KeysSearch } from './keys-search.js';

export type ApiKey = Schemas['ApiKeyResponse'];
/** A key as a list shows it. */
export type ListedKey = Schemas['ListedApiKeyResponse'];
export type Scope = Schemas['ScopeResponse'];

const pageSize = 50;

/** The newest first. @param search `with` is for a page that shows the hours of each key: they are counted anew each time */
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
              order: 'newest',
              limit: pageSize,
              ...(pageParam !== undefined && { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

/** What the page of keys shows. */
export function keysPageQuery(accountId: string, search: KeysSearch) {
  return keysQuery(accountId, { ...search, with: 'hours' });
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

/** Hour by hour, how often one secret of a key was used. @param from ISO 8601 */
export function secretHoursQuery(accountId: string, keyId: string, secretId: string, from: string) {
  return queryOptions({
    queryKey: ['secret-hours', accountId, keyId, secretId, from],
    refetchInterval: lookEveryMs,
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/keys/{keyId}/usage', {
          params: { path: { accountId, keyId }, query: { secretId, from } },
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

/** Whether a scope opens the management API: of use to a program that manages keys, and to no integration. */
export function isForManaging({ name }: Pick<Scope, 'name'>): boolean {
  return name.startsWith('latchkey.') && !ofUseToIntegrations.has(name);
}

/** What is taken over from another key, beside what this one has already: what manages is chosen, never copied. */
export function copiableScopes(
  catalogue: readonly Scope[],
  had: readonly string[] = [],
): readonly Scope[] {
  return catalogue.filter((scope) => !isForManaging(scope) || had.includes(scope.name));
}

/** Whether somebody may change this key: a developer only those that they made. */
export function mayChangeKey(standing: Standing, key: ApiKey): boolean {
  const isTheirs = standing.role !== 'developer' || key.createdBy === standing.memberId;
  return isTheirs && standing.may('latchkey.keys.write');
}

/** One that was revoked stays as it is. */
export function canBeChanged({ state }: ApiKey): boolean {
  return state !== 'revoked';
}

/** The secret that calls are made with, or were last. */
export function currentSecretOf({ secrets }: ApiKey): Schemas['SecretResponse'] | undefined {
  return secrets.find(({ state }) => state === 'current') ?? secrets[0];
}
