import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';

export type Binding = Schemas['BindingResponse'];

export function bindingsQuery(accountId: string, service: string) {
  return queryOptions({
    queryKey: ['bindings', accountId, service],
    queryFn: async () => {
      const { results } = await answered(
        api.GET('/v1/accounts/{accountId}/services/{name}', {
          params: { path: { accountId, name: service } },
        }),
      );
      return results;
    },
  });
}

/** @param binding the one that is changed, as it was seen: if it has changed since, nothing is written */
export function useBindingPut(accountId: string, binding: Binding | undefined) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({
      service,
      body,
    }: {
      service: string;
      body: Schemas['PutBindingRequest'];
    }) => {
      const known = await queries.fetchQuery({
        ...bindingsQuery(accountId, service),
        staleTime: 0,
      });
      if (!binding && known.some(({ environment }) => environment === (body.environment ?? null)))
        throw new Error('It is bound already: change that binding.');
      return answered(
        api.PUT('/v1/accounts/{accountId}/services/{name}', {
          params: { path: { accountId, name: service } },
          ...(binding !== undefined && { headers: { 'If-Match': binding.etag } }),
          body,
        }),
      );
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['bindings', accountId] }),
  });
}

export function useBindingRemoval({ accountId, service, environment, etag }: Binding) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      answered(
        api.DELETE('/v1/accounts/{accountId}/services/{name}', {
          params: {
            path: { accountId, name: service },
            query: environment === null ? {} : { environment },
          },
          headers: { 'If-Match': etag },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['bindings', accountId] }),
  });
}
