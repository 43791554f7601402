import type { Schemas } from '@latchkey/sdk';
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';

export type Rotation = Schemas['RotationResponse'];
export type Side = Schemas['RotationSideResponse'];

/** Callers move while one looks. */
const refetchMs = 5_000;

export function rotationQuery(accountId: string, keyId: string, rotationId: string) {
  return queryOptions({
    queryKey: ['rotation', accountId, keyId, rotationId],
    refetchInterval: refetchMs,
    queryFn: () =>
      answered(
        api.GET('/v1/accounts/{accountId}/keys/{keyId}/rotations/{rotationId}', {
          params: { path: { accountId, keyId, rotationId } },
        }),
      ),
  });
}

/** A length of time as people say it. */
export function lengthInWords(seconds: number): string {
  const [unit, length] =
    seconds >= 2 * 86_400
      ? (['day', 86_400] as const)
      : seconds >= 2 * 3_600
        ? (['hour', 3_600] as const)
        : (['minute', 60] as const);
  const count = Math.round(seconds / length);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
