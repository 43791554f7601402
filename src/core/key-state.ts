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
 * The state of one secret. Revoked: ended before its time (a cancelled rotation, a reissue). Expired: its grace is over.
 * Retiring: its end is set and has not come.
 */
export function secretStateAt(
  secret: { readonly endsAt: number | null; readonly revokedAt: number | null },
  now: number,
): SecretState {
  if (secret.revokedAt !== null && secret.revokedAt <= now) return 'revoked';
  if (secret.endsAt === null) return 'current';
  return secret.endsAt <= now ? 'expired' : 'retiring';
}
