import { isWithin, type IpAllowlist } from './ip-allowlist.js';
import { isOperatorOnlyScope } from './management-scopes.js';
import { isWithinLimits, type RateLimits } from './rate-limits.js';

/** Who wants to give something away: everything for the operator, for a key what it says of itself, for a member what its role says. */
export interface Giver extends Limits {
  readonly isOperator: boolean;
  readonly grantableScopes: { has(scope: string): boolean };
}

/** What narrows the use of a key beyond its scopes. */
export interface Limits {
  readonly ipAllowlist: IpAllowlist;
  /** Epoch milliseconds; `null` never expires. */
  readonly expiresAt: number | null;
  readonly rateLimits: RateLimits | null;
}

/**
 * Nobody gives more than they may give (contract §6): the scopes of `wanted` that this giver may not hand to a key of the
 * account, empty if all is well. Asked by every call that yields a secret or widens a key.
 */
export function scopesBeyond(
  giver: Giver,
  wanted: Iterable<string>,
  account: { readonly isOperator: boolean },
): string[] {
  return [...new Set(wanted)].filter((scope) => {
    if (isOperatorOnlyScope(scope) && !account.isOperator) return true;
    return !giver.isOperator && !giver.grantableScopes.has(scope);
  });
}

/**
 * Those of the limits that are wider than the giver's own: what a key makes is usable from no more addresses, no longer, and no
 * more often.
 *
 * @param wanted what is left out stays as it is
 */
export function limitsBeyond(
  giver: Giver,
  { ipAllowlist, expiresAt, rateLimits }: Partial<Limits>,
): (keyof Limits)[] {
  if (giver.isOperator) return [];
  const beyond: (keyof Limits)[] = [];
  if (ipAllowlist !== undefined && !isWithin(ipAllowlist, giver.ipAllowlist))
    beyond.push('ipAllowlist');
  if (expiresAt !== undefined && (expiresAt ?? Infinity) > (giver.expiresAt ?? Infinity))
    beyond.push('expiresAt');
  if (rateLimits !== undefined && !isWithinLimits(rateLimits, giver.rateLimits))
    beyond.push('rateLimits');
  return beyond;
}
