import type { Schemas } from '@latchkey/sdk';
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import type { AuditSearch } from './audit-search.js';

export type AuditEvent = Schemas['AuditEventResponse'];
export type EventFilter = Omit<AuditSearch, 'event'>;

const pageSize = 50;

export function eventsQuery(accountId: string, filter: EventFilter) {
  return infiniteQueryOptions({
    queryKey: ['audit-events', accountId, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/accounts/{accountId}/audit-events', {
          params: {
            path: { accountId },
            query: {
              ...filter,
              limit: pageSize,
              ...(pageParam !== undefined && { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

export const headQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['audit-head', accountId],
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/audit-events/head', { params: { path: { accountId } } }),
      ),
  });

export function verifyChain(accountId: string) {
  return answered(
    api.POST('/v1/accounts/{accountId}/audit-events/verify', {
      params: { path: { accountId } },
      body: {},
    }),
  );
}
