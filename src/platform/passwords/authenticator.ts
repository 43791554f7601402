import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** What every authenticator app can do: RFC 6238 with its default hash. */
const terms = { algorithm: 'SHA1', digits: 6, period: 30 } as const;
const stepMs = terms.period * 1000;
/** RFC 4226 §4 asks for 160 bits. */
const secretBytes = 20;
/** Steps before and after the current one: a phone's clock is not ours, and typing takes its time (RFC 6238 §5.2). */
const window = 1;

/** A fresh secret for an authenticator app, in base32. */
export function newAuthenticatorSecret(): string {
  return new Secret({ buffer: new Uint8Array(randomBytes(secretBytes)).buffer }).base32;
}

/** The `otpauth:` URI that an app reads from a QR code. It holds the secret. @param label whose it is */
export function authenticatorUri(secret: string, label: string): string {
  return new TOTP({ ...terms, issuer: 'Latchkey', label, secret }).toString();
}

/** A code of the app, with or without the space in its middle. @returns its six digits, or `null` for what is none */
export function readAuthenticatorCode(typed: string): string | null {
  const plain = typed.replace(/\s/g, '');
  return /^[0-9]{6}$/.test(plain) ? plain : null;
}

/**
 * Of which step a code is. Whoever accepts it remembers the step, and accepts none up to it again.
 *
 * @param code six digits
 * @param now epoch milliseconds
 * @returns `null` if it is the code of no step around now
 */
export function stepOfCode(secret: string, code: string, now: number): number | null {
  const delta = TOTP.validate({
    ...{ ...terms, window, timestamp: now, token: code },
    secret: Secret.fromBase32(secret),
  });
  return delta === null ? null : Math.floor(now / stepMs) + delta;
}
