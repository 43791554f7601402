import type { HeldCredential } from '../core/ports.js';

/** What a caller who still uses a retiring secret is told on each answer (contract §5; RFC 9745, RFC 8594). */
export interface RetiringHeaders {
  readonly 'Latchkey-Secret-Retires': string;
  readonly Deprecation: string;
  readonly Sunset: string;
}

export function retiringHeaders(
  credential: HeldCredential | null,
  now: number,
): RetiringHeaders | null {
  if (credential === null || credential.endsAt === null || credential.endsAt <= now) return null;
  const ends = new Date(credential.endsAt);
  return {
    'Latchkey-Secret-Retires': ends.toISOString(),
    Deprecation: `@${Math.floor((credential.retiringSince ?? now) / 1000)}`,
    Sunset: ends.toUTCString(),
  };
}
