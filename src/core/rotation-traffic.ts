import type { WatchedRotation } from './rotation-verdict.js';

/** How often one of a rotation's secrets was used while it was watched; denied calls count too. */
export interface SecretUse {
  readonly calls: number;
  readonly deniedCalls: number;
  /** Those of them that were denied because of a brownout. */
  readonly brownoutCalls: number;
  /** Epoch milliseconds. */
  readonly lastUsedAt: number | null;
}

/** And who used it. */
export interface SecretTraffic extends SecretUse {
  /** By address and user agent, the most recent first; beyond the first thousand by block of addresses. */
  readonly callers: readonly SecretCaller[];
}

export const noTraffic: SecretTraffic = {
  ...{ calls: 0, deniedCalls: 0, brownoutCalls: 0, lastUsedAt: null, callers: [] },
};

export interface SecretCaller {
  /** An address; a block such as `203.0.113.0/24`, or `*`, where callers are not told apart. */
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly calls: number;
  readonly deniedCalls: number;
  readonly brownoutCalls: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  /** Templates of the routes they called, at most twenty. */
  readonly routes: readonly string[];
}

/** How often the two secrets of a rotation were used since it was opened. */
export interface RotationUse<Use extends SecretUse = SecretUse> {
  readonly retiring: Use;
  readonly replacing: Use;
  /** Epoch milliseconds from which on calls were counted: what was before, the log cannot tell. */
  readonly countedSince: number;
}

/** And by whom. */
export type RotationTraffic = RotationUse<SecretTraffic>;

/** Of a rotation that has just been opened. */
export function noTrafficSince(countedSince: number): RotationTraffic {
  return { retiring: noTraffic, replacing: noTraffic, countedSince };
}

/** What a verdict on a rotation is made on. */
export function watched(
  { startedAt }: { readonly startedAt: number },
  { retiring, replacing, countedSince }: RotationUse,
): WatchedRotation {
  return {
    startedAt: Math.max(startedAt, countedSince),
    retiringLastUsedAt: retiring.lastUsedAt,
    replacingCallsAllowed: replacing.calls - replacing.deniedCalls,
  };
}
