import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import type { Standing } from '../session/session.js';

export type Member = Schemas['MemberResponse'];

export const membersQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['members', accountId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/members', {
          params: { path: { accountId }, query: { limit: 500 } },
        }),
      ),
  });

/** The names of members by their ids; none for who may not see members. */
export function useMemberNames({ accountId, may }: Standing): ReadonlyMap<string, string> {
  const { data } = useQuery({
    ...membersQuery(accountId),
    enabled: may('latchkey.members.read'),
    staleTime: 60_000,
  });
  return new Map(data?.results.map(({ id, person }) => [id, person.name]));
}
