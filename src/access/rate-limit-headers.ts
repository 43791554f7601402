import { dailyPolicyName, type LimitStanding } from '../core/rate-limits.js';

/**
 * What a caller is told of the limits that a call was held to: in the fields of draft-ietf-httpapi-ratelimit-headers-11, and in
 * the way of many APIs, where of two limits of a kind the one is told that has less left.
 *
 * @param now epoch milliseconds
 * @returns `null` without limits
 */
export function rateLimitHeaders(
  limits: readonly LimitStanding[],
  now: number,
): Readonly<Record<string, string>> | null {
  if (limits.length === 0) return null;
  const headers: Record<string, string> = {
    'RateLimit-Policy': limits.map(policyItem).join(', '),
    RateLimit: limits.map((limit) => limitItem(limit, now)).join(', '),
  };
  const rolling = scarcest(limits, (limit) => limit.policyName !== dailyPolicyName);
  if (rolling !== null) {
    headers['X-Latchkey-RateLimit-Max'] = String(rolling.limit);
    headers['X-Latchkey-RateLimit-Remaining'] = String(rolling.remaining);
    headers['X-Latchkey-RateLimit-Interval-Milliseconds'] = String(rolling.intervalMs);
  }
  const daily = scarcest(limits, (limit) => limit.policyName === dailyPolicyName);
  if (daily !== null) {
    headers['X-Latchkey-RateLimit-Daily'] = String(daily.limit);
    headers['X-Latchkey-RateLimit-Daily-Remaining'] = String(daily.remaining);
  }
  return headers;
}

/** Whether a header, its name in lower case, is one that only we can say. */
export function isOfOurLimits(folded: string): boolean {
  return folded.startsWith('x-latchkey-ratelimit-');
}

function policyItem(limit: LimitStanding): string {
  return `${nameOf(limit)};q=${limit.limit};w=${limit.intervalMs / 1000}`;
}

/** `t`: for how long there is no more than `r`. */
function limitItem(limit: LimitStanding, now: number): string {
  return `${nameOf(limit)};r=${limit.remaining};t=${Math.ceil((limit.resetsAt - now) / 1000)}`;
}

/** Items are told apart by their names, so the account's have names of their own. */
function nameOf({ policyName, appliesTo }: LimitStanding): string {
  return appliesTo === 'account' ? `"ACCOUNT_${policyName}"` : `"${policyName}"`;
}

function scarcest(
  limits: readonly LimitStanding[],
  isOfKind: (limit: LimitStanding) => boolean,
): LimitStanding | null {
  let found: LimitStanding | null = null;
  for (const limit of limits)
    if (isOfKind(limit) && (found === null || limit.remaining < found.remaining)) found = limit;
  return found;
}
