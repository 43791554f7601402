/** What a link is for: the first sign-in of an installation, joining an account, or a new password for who has lost theirs. */
export type LinkPurpose = 'set_up' | 'invitation' | 'recovery';

const hourMs = 60 * 60 * 1000;

/** Milliseconds for which a link can be used. */
const lifetimesMs: Readonly<Record<LinkPurpose, number>> = {
  set_up: 24 * hourMs,
  invitation: 7 * 24 * hourMs,
  recovery: hourMs,
};

/** Epoch milliseconds at which a link that is made now ends. */
export function linkExpiry(purpose: LinkPurpose, now: number): number {
  return now + lifetimesMs[purpose];
}

interface LinkTimes {
  readonly expiresAt: number;
  readonly usedAt: number | null;
  readonly revokedAt: number | null;
}

/** Whether a link can still be used. Its end itself is already past. */
export function isLinkOpen({ expiresAt, usedAt, revokedAt }: LinkTimes, now: number): boolean {
  return usedAt === null && revokedAt === null && now < expiresAt;
}
