import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { answered, api, Problem } from '../api/client.js';
import type { Span } from './system-search.js';

/** `/latchkey/health/ready` of either listener: one process has both, so its answer is the same. */
export interface Health {
  readonly status: 'ready' | 'not_ready';
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
}

/** Health is for probes and so no part of the described API. Not to be ready is an answer as well. */
export const healthQuery = queryOptions({
  queryKey: ['health'],
  refetchInterval: 10_000,
  queryFn: async (): Promise<Health> => {
    const answer = await fetch('/latchkey/health/ready').catch(() => null);
    if (answer === null)
      throw new Problem(0, { message: 'The server cannot be reached.', reason: 'UNREACHABLE' });
    if (answer.status !== 200 && answer.status !== 503) throw new Problem(answer.status, {});
    return (await answer.json()) as Health;
  },
});

export const sealingKeyQuery = queryOptions({
  queryKey: ['sealing-key'],
  queryFn: () => answered(api.GET('/v1/sealing-key')),
});

const spanMs: Readonly<Record<Span, number>> = {
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

function beginOf(span: Span): string {
  return new Date(Date.now() - spanMs[span]).toISOString();
}

/** Looks at every row of the time, so it is asked when somebody looks and not again by itself. */
export function gapsQuery(span: Span) {
  return queryOptions({
    queryKey: ['log-gaps', span],
    staleTime: 60_000,
    refetchOnWindowFocus: false,
    queryFn: () =>
      answered(api.GET('/v1/request-log/gaps', { params: { query: { from: beginOf(span) } } })),
  });
}

export function junkQuery(span: Span) {
  return infiniteQueryOptions({
    queryKey: ['junk', span],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      answered(
        api.GET('/v1/request-log/junk', {
          params: {
            query: {
              ...{ from: beginOf(span), limit: 50 },
              ...(pageParam !== undefined && { after: pageParam }),
            },
          },
        }),
      ),
    getNextPageParam: ({ paging }) => paging.next?.after,
  });
}

export const auditHeadsQuery = infiniteQueryOptions({
  queryKey: ['audit-heads'],
  initialPageParam: undefined as string | undefined,
  queryFn: ({ pageParam }) =>
    answered(
      api.GET('/v1/audit-heads', {
        params: { query: { limit: 50, ...(pageParam !== undefined && { after: pageParam }) } },
      }),
    ),
  getNextPageParam: ({ paging }) => paging.next?.after,
});
