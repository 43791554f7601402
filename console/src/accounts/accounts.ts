import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { everyPage } from '../api/pages.js';

export type Account = Schemas['AccountResponse'];

/** What is decided about an account. */
export type AccountSettings = Pick<Account, 'name' | 'kind' | 'allowHapikey' | 'entitledScopes'>;

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
      answered(api.GET('/v1/accounts/{accountId}', { params: { path: { accountId } } })),
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
function useAccountChange<T>(accountId: string, change: (given: T) => Promise<Account>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async (account) => {
      queries.setQueryData(accountQuery(accountId).queryKey, account);
      await queries.invalidateQueries({ queryKey: ['accounts'] });
    },
  });
}

export function useAccountUpdate(accountId: string) {
  return useAccountChange(accountId, (body: AccountSettings) =>
    answered(api.PATCH('/v1/accounts/{accountId}', { params: { path: { accountId } }, body })),
  );
}

export function useAccountStop(accountId: string) {
  const asked = { params: { path: { accountId } }, body: {} };
  return useAccountChange(accountId, (what: 'suspend' | 'resume') =>
    answered(
      what === 'suspend'
        ? api.POST('/v1/accounts/{accountId}/suspend', asked)
        : api.POST('/v1/accounts/{accountId}/resume', asked),
    ),
  );
}
