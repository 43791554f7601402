import type { paths, Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import type { LogSearch } from './log-search.js';

export type Call = Schemas['CallResponse'];
export type CallFilter = Omit<LogSearch, 'call' | 'live'>;

/** Whose log is read: an account's by its id, or, for the operator, that of all. */
export type LogOwner = string | null;

/** Where the log lies in the API. */
export function logPathOf(owner: LogOwner): string {
  return owner === null
    ? '/v1/request-log'
    : `/v1/accounts/${encodeURIComponent(owner)}/request-log`;
}

const pageSize = 50;

/** Of all that an address says of the log, which calls are looked for. */
export function filterOf({ call: _call, live: _live, ...filter }: LogSearch): CallFilter {
  return filter;
}

export function callsQuery(owner: LogOwner, filter: CallFilter) {
  return infiniteQueryOptions({
    queryKey: ['calls', owner, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => {
      const query = {
        ...queryOf(filter),
        limit: pageSize,
        ...(pageParam !== undefined && { after: pageParam }),
      };
      return answered(
        owner === null
          ? api.GET('/v1/request-log', { params: { query } })
          : api.GET('/v1/accounts/{accountId}/request-log', {
              params: { path: { accountId: owner }, query },
            }),
      );
    },
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

/** One call, however long ago it was. */
export function callQuery(owner: LogOwner, callId: string) {
  return queryOptions({
    queryKey: ['call', owner, callId],
    queryFn: ({ signal }) =>
      answered(
        owner === null
          ? api.GET('/v1/request-log/{callId}', { params: { path: { callId } }, signal })
          : api.GET('/v1/accounts/{accountId}/request-log/{callId}', {
              params: { path: { accountId: owner, callId } },
              signal,
            }),
      ),
  });
}

export function callCountsQuery(owner: LogOwner, filter: CallFilter) {
  const query = queryOf(filter);
  return queryOptions({
    queryKey: ['call-counts', owner, filter],
    queryFn: () =>
      answered(
        owner === null
          ? api.GET('/v1/request-log/counts', { params: { query } })
          : api.GET('/v1/accounts/{accountId}/request-log/counts', {
              params: { path: { accountId: owner }, query },
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
