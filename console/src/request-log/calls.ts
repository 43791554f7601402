import type { paths, Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import type { LogSearch } from './log-search.js';

export type Call = Schemas['CallResponse'];
export type CallFilter = Omit<LogSearch, 'call' | 'live'>;

const pageSize = 50;

export function callsQuery(accountId: string, filter: CallFilter) {
  return infiniteQueryOptions({
    queryKey: ['calls', accountId, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/accounts/{accountId}/request-log', {
          params: {
            path: { accountId },
            query: {
              ...queryOf(filter),
              limit: pageSize,
              ...(pageParam !== undefined && { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

export function callCountsQuery(accountId: string, filter: CallFilter) {
  return queryOptions({
    queryKey: ['call-counts', accountId, filter],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/request-log/counts', {
          params: { path: { accountId }, query: queryOf(filter) },
        }),
      ),
  });
}

type CallQuery = NonNullable<
  paths['/v1/accounts/{accountId}/request-log/counts']['get']['parameters']['query']
>;

/** What comes out of an address is text; what of it makes no sense is refused by the server, in words. */
function queryOf(filter: CallFilter): CallQuery {
  return filter as CallQuery;
}
