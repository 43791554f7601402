import type { Schemas } from '@latchkey/sdk';
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';

export type RateLimits = Schemas['RateLimitsResponse'];
export type LimitStanding = Schemas['LimitStandingResponse'];

/** What is limited: an account, which all its keys have together, or one key beside that. */
export interface Limited {
  readonly accountId: string;
  readonly keyId?: string;
}

/** How limits stand: a key's own, and those of its account. */
export function limitsQuery({ accountId, keyId }: Limited) {
  return queryOptions({
    queryKey: ['limits', accountId, ...(keyId === undefined ? [] : [keyId])],
    refetchInterval: 10_000,
    queryFn: () =>
      answered(
        keyId === undefined
          ? api.GET('/v1/accounts/{accountId}/limits', { params: { path: { accountId } } })
          : api.GET('/v1/accounts/{accountId}/keys/{keyId}/limits', {
              params: { path: { accountId, keyId } },
            }),
      ),
  });
}

/** Limits as they are typed; what is empty is no limit. */
export interface LimitsDraft {
  readonly rolling: string;
  readonly windowSeconds: string;
  readonly daily: string;
}

export const noLimits: LimitsDraft = { rolling: '', windowSeconds: '', daily: '' };

export function limitsDraftOf({ rolling, daily }: RateLimits): LimitsDraft {
  return {
    rolling: rolling === null ? '' : String(rolling.requests),
    windowSeconds: rolling === null ? '' : String(rolling.windowSeconds),
    daily: daily === null ? '' : String(daily.requests),
  };
}

export const windowSecondsUnlessSet = 10;

/** As the API has them. What is no number goes as it is, and is refused in words. */
export function limitsOf({ rolling, windowSeconds, daily }: LimitsDraft): RateLimits {
  const seconds = windowSeconds.trim();
  return {
    rolling:
      rolling.trim() === ''
        ? null
        : {
            requests: countIn(rolling),
            windowSeconds: seconds === '' ? windowSecondsUnlessSet : countIn(seconds),
          },
    daily: daily.trim() === '' ? null : { requests: countIn(daily) },
  };
}

function countIn(text: string): number {
  const count = Number(text);
  return Number.isFinite(count) ? count : (text.trim() as unknown as number);
}
