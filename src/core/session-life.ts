/** How long a session lasts: for so long without being used, and for so long in any case. */
export interface SessionTerms {
  readonly idleMs: number;
  readonly longestMs: number;
}

/** How often it is written down that a session is used: to the minute is enough, and no more than that is written. */
export const usedEveryMs = 60_000;

/** Epoch milliseconds at which a session ends by itself. @param session `expiresAt`: in any case */
export function sessionEnd(
  session: { readonly lastUsedAt: number; readonly expiresAt: number },
  { idleMs }: SessionTerms,
): number {
  return Math.min(session.lastUsedAt + idleMs, session.expiresAt);
}
