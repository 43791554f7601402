/** How many calls are let through: in any stretch of some seconds, and in a day. What is `null` is not limited. */
export interface RateLimits {
  readonly rolling: RollingLimit | null;
  readonly daily: DailyLimit | null;
}

export interface RollingLimit {
  readonly requests: number;
  readonly windowSeconds: number;
}

/** By the calendar of the account's time zone. */
export interface DailyLimit {
  readonly requests: number;
}

/** Whose limit it is: a key's own, or its account's, which holds over all keys of the account together. */
export type LimitHolder = 'key' | 'account';

/** How a limit stands: after the call that asked, if that was counted. */
export interface LimitStanding {
  readonly policyName: string;
  readonly appliesTo: LimitHolder;
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Of the window; a day counts as 24 hours here, however long it is. */
  readonly intervalMs: number;
  /** Epoch milliseconds at which more remains than now, if no call is made until then. */
  readonly resetsAt: number;
}

export const noRateLimits: RateLimits = { rolling: null, daily: null };

export const requestsMax = 1_000_000_000;
export const windowSecondsMax = 3_600;
export const windowSecondsUnlessSet = 10;

export const dailyPolicyName = 'DAILY';

const namedWindows: Readonly<Record<number, string>> = {
  1: 'SECONDLY',
  10: 'TEN_SECONDLY',
  60: 'MINUTELY',
  600: 'TEN_MINUTELY',
  3600: 'HOURLY',
};

/** `TEN_SECONDLY_ROLLING`; where a window has no name of its own, `30_SECONDLY_ROLLING`. */
export function policyNameOf({ windowSeconds }: Pick<RollingLimit, 'windowSeconds'>): string {
  return `${namedWindows[windowSeconds] ?? `${windowSeconds}_SECONDLY`}_ROLLING`;
}

/**
 * Whether whoever is held to `wanted` is always within `own` as well. A window is covered by as many shorter ones as fit over
 * it, so 10 in a second is within 100 in ten seconds, and 11 is not.
 */
export function isWithinLimits(wanted: RateLimits | null, own: RateLimits | null): boolean {
  const { rolling, daily } = own ?? noRateLimits;
  return (
    (rolling === null || mostWithin(rolling.windowSeconds, wanted?.rolling) <= rolling.requests) &&
    (daily === null || (wanted?.daily?.requests ?? Infinity) <= daily.requests)
  );
}

/** The most calls that a limit lets through in any window of this length. */
function mostWithin(windowSeconds: number, limit: RollingLimit | null | undefined): number {
  if (!limit) return Infinity;
  return limit.requests * Math.ceil(windowSeconds / limit.windowSeconds);
}
