import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { answered, api, Problem } from '../api/client.js';
import { visitorQuery } from './session.js';

export type SecondFactor = Schemas['SecondFactorResponse'];

export const secondFactorQuery = queryOptions({
  queryKey: ['second-factor'],
  queryFn: () => answered(api.GET('/v1/session/second-factor')),
});

/** Whether all was right, and a code is asked for beside it. */
export function isCodeNeeded(error: Error | null): boolean {
  return error instanceof Problem && error.reason === 'SECOND_FACTOR_NEEDED';
}

/** Reads anew what a change of the second factor has changed: it, and the session that goes on. */
export function useSecondFactorChanged(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: secondFactorQuery.queryKey });
    await queries.invalidateQueries({ queryKey: visitorQuery.queryKey });
  };
}
