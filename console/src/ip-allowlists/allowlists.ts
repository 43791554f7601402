import type { Schemas } from '@latchkey/sdk';
import { queryOptions } from '@tanstack/react-query';
import type { AsSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer, type Tagged } from '../api/client.js';
import type { Allowlist } from './allowlist-fields.js';

/** Whose list: an account's, which all its keys have, or one key's, which it has beside it. */
export interface ListOwner {
  readonly accountId: string;
  readonly keyId: string | null;
}

export const accountAllowlistQuery = (accountId: string) =>
  queryOptions({
    queryKey: ['ip-allowlist', accountId],
    queryFn: () => readAllowlist({ accountId, keyId: null }),
  });

export type SavedList = Tagged<Schemas['IpAllowlistResponse']>;

export function readAllowlist({ accountId, keyId }: ListOwner): Promise<SavedList> {
  return taggedAnswer(
    keyId === null
      ? api.GET('/v1/accounts/{accountId}/ip-allowlist', { params: { path: { accountId } } })
      : api.GET('/v1/accounts/{accountId}/keys/{keyId}/ip-allowlist', {
          params: { path: { accountId, keyId } },
        }),
  );
}

/** @param headers with the tag of the list that this one takes the place of */
export function putAllowlist(
  { accountId, keyId }: ListOwner,
  body: Allowlist,
  headers: AsSeen,
): Promise<SavedList> {
  return taggedAnswer(
    keyId === null
      ? api.PUT('/v1/accounts/{accountId}/ip-allowlist', {
          params: { path: { accountId } },
          body,
          headers,
        })
      : api.PUT('/v1/accounts/{accountId}/keys/{keyId}/ip-allowlist', {
          params: { path: { accountId, keyId } },
          body,
          headers,
        }),
  );
}

export function checkAddress({ accountId, keyId }: ListOwner, ip: string) {
  const body = { ip };
  return answered(
    keyId === null
      ? api.POST('/v1/accounts/{accountId}/ip-allowlist/check', {
          params: { path: { accountId } },
          body,
        })
      : api.POST('/v1/accounts/{accountId}/keys/{keyId}/ip-allowlist/check', {
          params: { path: { accountId, keyId } },
          body,
        }),
  );
}

/** An address that called, and how often. */
export interface Caller {
  readonly ip: string;
  readonly calls: number;
}

const lookedBackMs = 7 * 86_400_000;

/** Who called, as far as they are told one by one. */
export interface Callers {
  /** The most frequent first. */
  readonly known: readonly Caller[];
  /** Calls from addresses that are too many to be told. */
  readonly otherCalls: number;
}

/**
 * Which addresses called in the last seven days and were let through: the most frequent, and, as far as a list that only
 * reports noted them, the most frequent of those that it would have refused.
 */
export const callersQuery = ({ accountId, keyId }: ListOwner) =>
  queryOptions({
    queryKey: ['callers-lately', accountId, keyId],
    staleTime: 30_000,
    queryFn: async (): Promise<Callers> => {
      const from = new Date(Date.now() - lookedBackMs).toISOString();
      const count = (more: { wouldDeny?: string }) =>
        answered(
          api.GET('/v1/accounts/{accountId}/request-log/counts', {
            params: {
              path: { accountId },
              query: { from, decision: 'allowed', ...(keyId !== null && { keyId }), ...more },
            },
          }),
        );
      const counts = await Promise.all([count({}), count({ wouldDeny: 'IP_NOT_ALLOWED' })]);
      const callers = new Map<string, Caller>();
      const otherCalls = counts[0].ips.otherCalls;
      for (const { ips } of counts)
        for (const { value, calls } of ips.results)
          if (value !== null && !callers.has(value)) callers.set(value, { ip: value, calls });
      const known = [...callers.values()].toSorted((one, other) => other.calls - one.calls);
      return { known, otherCalls };
    },
  });
