import type { SecretState } from './call.js';

/** What a person decided about a key. Whether it has expired is computed, never stored. */
export type KeyStanding = 'active' | 'suspended' | 'revoked';

export type KeyState = KeyStanding | 'expired';

/** @param key `expiresAt` in epoch milliseconds; `null` never expires. The instant itself is already past. */
export function keyStateAt(
  key: { readonly standing: KeyStanding; readonly expiresAt: number | null },
  now: number,
): KeyState {
  if (key.standing === 'revoked') return 'revoked';
  if (key.expiresAt !== null && key.expiresAt <= now) return 'expired';
  return key.standing;
}

/**
 * The state of one secret. Revoked: ended before its time (a cancelled rotation, a reissue), which no clock takes back.
 * Expired: its grace is over, by the clock or for good. Retiring: its end is set and has not come; it begins to retire at
 * `retiresAt`, or has if there is none.
 */
export function secretStateAt(
  secret: {
    readonly endsAt: number | null;
    readonly revokedAt: number | null;
    readonly over?: boolean;
    readonly retiresAt?: number | null;
  },
  now: number,
): SecretState {
  if (secret.revokedAt !== null) return 'revoked';
  if (secret.over === true) return 'expired';
  if (secret.endsAt === null) return 'current';
  if (secret.endsAt <= now) return 'expired';
  return now < (secret.retiresAt ?? now) ? 'current' : 'retiring';
}
