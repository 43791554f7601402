import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { Schemas } from '@latchkey/sdk';
import { answered, api } from '../api/client.js';
import { inIntervals, type DayOfCalls } from './day-of-calls.js';
import { rotationQuery, type Rotation } from './rotation.js';

export type Brownout = Schemas['BrownoutResponse'];

const dayMs = 86_400_000;
const quarterMs = 15 * 60_000;

/** Those that can still be taken back. */
export function toCome(brownouts: readonly Brownout[], now: number): readonly Brownout[] {
  return brownouts.filter(({ startsAt }) => Date.parse(startsAt) > now);
}

/** When a secret was used in the last 24 hours. */
export function dayOfCallsQuery(accountId: string, secretId: string) {
  return queryOptions({
    queryKey: ['day-of-calls', accountId, secretId],
    staleTime: 60_000,
    queryFn: async (): Promise<DayOfCalls> => {
      const to = Date.now();
      const { times, intervalSeconds } = await answered(
        api.GET('/v1/accounts/{accountId}/request-log/counts', {
          params: {
            path: { accountId },
            query: {
              secretId,
              from: new Date(to - dayMs).toISOString(),
              to: new Date(to).toISOString(),
            },
          },
        }),
      );
      const bars = times.map(({ from, ...counts }) => ({ from: Date.parse(from), ...counts }));
      // A log that is younger than a day is told in shorter intervals.
      const intervalMs = Math.max(intervalSeconds * 1000, quarterMs);
      return { to, intervalMs, bars: inIntervals(bars, intervalMs) };
    },
  });
}

/**
 * Plans brownouts in place of those to come, as they are read just before. The API takes no `If-Match` here: what somebody else
 * plans between the reading and the writing is lost.
 */
export function useBrownoutPlan(accountId: string, { keyId, id: rotationId }: Rotation) {
  const queries = useQueryClient();
  const query = rotationQuery(accountId, keyId, rotationId);
  return useMutation({
    mutationFn: async (plan: (planned: readonly Brownout[]) => readonly Brownout[]) => {
      const { brownouts } = await queries.fetchQuery({ ...query, staleTime: 0 });
      return await answered(
        api.PUT('/v1/accounts/{accountId}/keys/{keyId}/rotations/{rotationId}/brownouts', {
          params: { path: { accountId, keyId, rotationId } },
          body: { brownouts: [...plan(toCome(brownouts, Date.now()))] },
        }),
      );
    },
    onSuccess: (rotation) => queries.setQueryData(query.queryKey, rotation),
  });
}
