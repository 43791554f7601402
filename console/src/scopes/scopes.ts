import type { Schemas } from '@latchkey/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { scopesQuery } from '../api-keys/keys.js';

export function useScopePut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, body }: { name: string; body: Schemas['PutScopeRequest'] }) =>
      answered(api.PUT('/v1/scopes/{name}', { params: { path: { name } }, body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: scopesQuery.queryKey }),
  });
}

export function useScopeRemoval(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answered(api.DELETE('/v1/scopes/{name}', { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: scopesQuery.queryKey }),
  });
}
