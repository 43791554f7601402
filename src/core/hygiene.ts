import { everywhereElse } from './address-block.js';
import { overAgeFrom, type AccountPolicy } from './account-policy.js';
import { quietSince, verdictOn, type WatchedRotation } from './rotation-verdict.js';

/**
 * What about a key wants attention.
 *
 * - `never_used`, `unused`: nobody has called with it for a week since it was made, or not for 90 days.
 * - `secret_over_age`, `secret_soon_over_age`: its secret is older than the policy asks for, or will be within 14 days.
 * - `no_expiry`, `expires_soon`: it has no end, or one within 30 days.
 * - `unused_scopes`: it holds scopes that it has not used for 90 days, in which it was there to use them.
 * - `no_ip_allowlist`: no enforced list, its own or its account's, says from where it may be used.
 * - `rotation_safe_to_finish`: the old secret of its open rotation has been quiet for long enough.
 */
export type FindingKind =
  | 'never_used'
  | 'unused'
  | 'secret_over_age'
  | 'secret_soon_over_age'
  | 'no_expiry'
  | 'expires_soon'
  | 'unused_scopes'
  | 'no_ip_allowlist'
  | 'rotation_safe_to_finish';

/** Times are epoch milliseconds. */
export interface Finding {
  readonly kind: FindingKind;
  /** From when on it has been so. */
  readonly since: number;
  /** When what it warns of comes, if it warns of something. */
  readonly dueAt: number | null;
  /** Of `unused_scopes`: which. */
  readonly scopes: readonly string[];
}

/** A key that lives, with what it was used for. Times are epoch milliseconds. */
export interface KeyInUse {
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly scopes: readonly string[];
  /** Whether an enforced allowlist, its own or its account's, limits who may use it. */
  readonly isLimitedToAddresses: boolean;
  /** Its current secret; of two, while a rotation is scheduled, the old one. */
  readonly secret: { readonly createdAt: number } | null;
  /** `null` if it was never used. */
  readonly lastUsedAt: number | null;
  readonly scopeUse: ScopeUse;
  /** Its rotation, while that is open. */
  readonly rotation: WatchedRotation | null;
}

/** When a key used its scopes last, by name; those that are not told apart under `everywhereElse`. */
export interface ScopeUse {
  /** Since when that has been counted. */
  readonly since: number;
  readonly lastUsedAt: ReadonlyMap<string, number>;
}

type Rule = (key: KeyInUse, policy: AccountPolicy, now: number) => Finding | null;

const dayMs = 86_400_000;
const unusedAfterMs = 90 * dayMs;
const neverUsedAfterMs = 7 * dayMs;
const overAgeSoonMs = 14 * dayMs;
const expiresSoonMs = 30 * dayMs;

const rules: readonly Rule[] = [
  neverUsed,
  unused,
  secretOverAge,
  secretSoonOverAge,
  withoutExpiry,
  expiresSoon,
  unusedScopes,
  withoutAllowlist,
  rotationSafeToFinish,
];

export const findingKinds: readonly FindingKind[] = [
  ...(['never_used', 'unused', 'secret_over_age', 'secret_soon_over_age', 'no_expiry'] as const),
  ...(['expires_soon', 'unused_scopes', 'no_ip_allowlist', 'rotation_safe_to_finish'] as const),
];

/** @param key neither revoked nor expired: of those nothing wants attention any more */
export function findingsOf(key: KeyInUse, policy: AccountPolicy, now: number): Finding[] {
  return rules.map((rule) => rule(key, policy, now)).filter((finding) => finding !== null);
}

/** A key that was made a moment ago waits for whoever it was made for. */
function neverUsed(
  { lastUsedAt, createdAt }: KeyInUse,
  _policy: AccountPolicy,
  now: number,
): Finding | null {
  const isDue = lastUsedAt === null && createdAt <= now - neverUsedAfterMs;
  return isDue ? found('never_used', createdAt) : null;
}

function unused({ lastUsedAt }: KeyInUse, _policy: AccountPolicy, now: number): Finding | null {
  return lastUsedAt !== null && isLongAgo(lastUsedAt, now) ? found('unused', lastUsedAt) : null;
}

function secretOverAge({ secret }: KeyInUse, policy: AccountPolicy, now: number): Finding | null {
  if (secret === null) return null;
  const from = overAgeFrom(secret, policy);
  return from <= now ? found('secret_over_age', from) : null;
}

function secretSoonOverAge(
  { secret }: KeyInUse,
  policy: AccountPolicy,
  now: number,
): Finding | null {
  if (secret === null) return null;
  const dueAt = overAgeFrom(secret, policy);
  const since = Math.max(secret.createdAt, dueAt - overAgeSoonMs);
  return since <= now && now < dueAt ? { ...found('secret_soon_over_age', since), dueAt } : null;
}

function withoutExpiry({ expiresAt, createdAt }: KeyInUse): Finding | null {
  return expiresAt === null ? found('no_expiry', createdAt) : null;
}

function expiresSoon(
  { expiresAt: dueAt, createdAt }: KeyInUse,
  _policy: AccountPolicy,
  now: number,
): Finding | null {
  if (dueAt === null) return null;
  const since = Math.max(createdAt, dueAt - expiresSoonMs);
  return since <= now ? { ...found('expires_soon', since), dueAt } : null;
}

/** Of a key that was never used at all, its scopes say nothing more. */
function unusedScopes(
  { lastUsedAt, createdAt, scopes, scopeUse }: KeyInUse,
  _policy: AccountPolicy,
  now: number,
): Finding | null {
  if (lastUsedAt === null || !isLongAgo(createdAt, now)) return null;
  // What a key did before uses were counted is not known: it may have used them all.
  const maybeUsedAt = createdAt < scopeUse.since ? scopeUse.since : null;
  const otherUsedAt = scopeUse.lastUsedAt.get(everywhereElse) ?? maybeUsedAt;
  const usedAt = (scope: string) => scopeUse.lastUsedAt.get(scope) ?? otherUsedAt;
  const idle = scopes.filter((scope) => isLongAgo(usedAt(scope) ?? -Infinity, now));
  if (idle.length === 0) return null;
  const since = Math.min(...idle.map((scope) => usedAt(scope) ?? createdAt));
  return { ...found('unused_scopes', since), scopes: idle };
}

function withoutAllowlist({ isLimitedToAddresses, createdAt }: KeyInUse): Finding | null {
  return isLimitedToAddresses ? null : found('no_ip_allowlist', createdAt);
}

function rotationSafeToFinish(
  { rotation }: KeyInUse,
  { quietSeconds }: AccountPolicy,
  now: number,
): Finding | null {
  if (rotation === null || verdictOn(rotation, quietSeconds, now) !== 'safe_to_finish') return null;
  return found('rotation_safe_to_finish', quietSince(rotation) + quietSeconds * 1000);
}

function isLongAgo(time: number, now: number): boolean {
  return time <= now - unusedAfterMs;
}

function found(kind: FindingKind, since: number): Finding {
  return { kind, since, dueAt: null, scopes: [] };
}
