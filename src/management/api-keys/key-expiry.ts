import { latestExpiry, outlivesPolicy, type AccountPolicy } from '../../core/account-policy.js';
import { invalidField } from '../../platform/errors/api-error.js';
import { iso } from '../../platform/http/times.js';

/** A key as far as its end goes. Times are epoch milliseconds. */
interface EndingKey {
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

/**
 * The expiry that a request asks for, in epoch milliseconds.
 *
 * @param text `null` for a key that never expires
 * @param key as it is before; nothing for one that is made now
 * @throws ApiError 400 where it is past, or later than the policy allows
 */
export function expiryOf(
  text: string | null,
  policy: AccountPolicy,
  now: number,
  key?: EndingKey,
): number | null {
  const expiresAt = text === null ? null : Date.parse(text);
  if (expiresAt !== null && expiresAt <= now)
    throw invalidField('expiresAt', 'expiresAt must be a time to come.');
  const latest = latestExpiry(key?.createdAt ?? now, policy);
  if (latest === null || !outlivesPolicy(expiresAt, latest, key)) return expiresAt;
  const limit = `a key of this account lives for at most ${policy.keyLifetimeDaysMax} days`;
  throw invalidField(
    'expiresAt',
    latest > now
      ? `expiresAt must be given, and be ${iso(latest)} at the latest: ${limit}.`
      : `expiresAt cannot be later: ${limit}, and this one was made at ${iso(key?.createdAt ?? now)}. Make another key in its place.`,
    { latestExpiresAt: iso(latest) },
  );
}
