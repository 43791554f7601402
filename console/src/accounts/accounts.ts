import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { changeAsSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer, type Tagged } from '../api/client.js';
import { everyPage } from '../api/pages.js';

export type Account = Schemas['AccountResponse'];

/** What is decided about an account. */
export type AccountSettings = Pick<
  Account,
  'name' | 'kind' | 'allowHapikey' | 'entitledScopes' | 'rateLimits' | 'timeZone'
>;

export function settingsOf(account: Account): AccountSettings {
  const { name, kind, allowHapikey, entitledScopes, rateLimits, timeZone } = account;
  return { name, kind, allowHapikey, entitledScopes, rateLimits, timeZone };
}

export const accountKinds = ['production', 'developer', 'sandbox'] as const;

/** All accounts of the installation. */
export const accountsQuery = queryOptions({
  queryKey: ['accounts', 'all'],
  queryFn: () => everyPage((query) => answered(api.GET('/v1/accounts', { params: { query } }))),
});

export function accountQuery(accountId: string) {
  return queryOptions({
    queryKey: ['account', accountId],
    queryFn: () =>
      taggedAnswer(api.GET('/v1/accounts/{accountId}', { params: { path: { accountId } } })),
  });
}

export function useAccountCreation() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: AccountSettings) => answered(api.POST('/v1/accounts', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['accounts'] }),
  });
}

/** Every change of an account answers with what it is afterwards. */
function useAccountChange<T>(accountId: string, change: (given: T) => Promise<Tagged<Account>>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (account) => {
      queries.setQueryData(accountQuery(accountId).queryKey, account);
      await queries.invalidateQueries({ queryKey: ['accounts'] });
    },
  });
}

/** @param seen as it was when somebody began to change it */
export function useAccountUpdate(seen: Tagged<Account>) {
  const queries = useQueryClient();
  const params = { path: { accountId: seen.id } };
  return useAccountChange(seen.id, (body: AccountSettings) =>
    changeAsSeen({
      seen,
      part: settingsOf,
      read: () => queries.fetchQuery({ ...accountQuery(seen.id), staleTime: 0 }),
      change: (headers) =>
        taggedAnswer(api.PATCH('/v1/accounts/{accountId}', { params, body, headers })),
    }),
  );
}

export function useAccountStop(accountId: string) {
  const asked = { params: { path: { accountId } }, body: {} };
  return useAccountChange(accountId, (what: 'suspend' | 'resume') =>
    taggedAnswer(
      what === 'suspend'
        ? api.POST('/v1/accounts/{accountId}/suspend', asked)
        : api.POST('/v1/accounts/{accountId}/resume', asked),
    ),
  );
}
