import type { HeldCredential } from '../core/ports.js';
import { rotationGuidePath } from '../platform/guides/rotation-guide.js';

/** What a caller who still uses a retiring secret is told on each answer (contract §5; RFC 9745, RFC 8594). */
export interface RetiringHeaders {
  readonly 'Latchkey-Secret-Retires': string;
  /** To a page that says what to do. */
  readonly Link: string;
  /** These two unless the account has switched them off. */
  readonly Deprecation?: string;
  readonly Sunset?: string;
}

export function retiringHeaders(
  credential: HeldCredential | null,
  now: number,
): RetiringHeaders | null {
  if (credential === null || credential.endsAt === null || credential.endsAt <= now) return null;
  const { retiresAt } = credential;
  if (retiresAt !== null && now < retiresAt) return null;
  const { deprecationHeaders, rotationGuideUrl } = credential.account.policy;
  const ends = new Date(credential.endsAt);
  return {
    'Latchkey-Secret-Retires': ends.toISOString(),
    Link: `<${rotationGuideUrl ?? rotationGuidePath}>; rel="deprecation"; type="text/html"`,
    ...(deprecationHeaders && {
      Deprecation: `@${Math.floor((retiresAt ?? now) / 1000)}`,
      Sunset: ends.toUTCString(),
    }),
  };
}
