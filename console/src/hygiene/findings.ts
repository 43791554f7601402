import type { Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';

export type KeyFindings = Schemas['KeyHygieneResponse'];
export type Finding = Schemas['FindingResponse'];

export const findingsQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: ['hygiene', accountId],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/accounts/{accountId}/hygiene', {
          params: {
            path: { accountId },
            query: { limit: 100, ...(pageParam !== undefined && { after: pageParam }) },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });

const words: Readonly<Record<Finding['kind'], string>> = {
  never_used: 'It was never used',
  unused: 'It has not been used for long',
  secret_over_age: 'Its secret is too old',
  secret_soon_over_age: 'Its secret is soon too old',
  no_expiry: 'It never expires',
  expires_soon: 'It expires soon',
  unused_scopes: 'It holds scopes that it does not use',
  no_ip_allowlist: 'It works from every address',
  rotation_safe_to_finish: 'Its old secret can be ended',
};

/** A kind that this page does not know is told by its name. */
export function inWordsOf({ kind }: Finding): string {
  return words[kind] ?? kind;
}
