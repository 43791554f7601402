import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pepper } from './secret-digest.js';

/** What an answer of a passkey is for: one that was made for something else, or for somebody else, is none. */
export type ChallengeUse =
  | { readonly purpose: 'sign_in' }
  /** By the session in which somebody has shown that it is them. */
  | { readonly purpose: 'register'; readonly personId: string; readonly sessionId: string };

/** Milliseconds in which it can be answered. */
export const challengeLifetimeMs = 5 * 60_000;

const timeBytes = 6;
/** WebAuthn Level 3 §13.4.3 asks for 16 at least. */
const randomLength = 16;
const headLength = timeBytes + randomLength;
const challengeLength = headLength + 32;

/**
 * A challenge that is known again by itself: when it was made, random bytes, and an HMAC over both and over what it is for. So
 * nobody fills a table by asking for one, and each node knows those of the others.
 *
 * @param now epoch milliseconds
 * @returns 54 bytes in base64url
 */
export function newPasskeyChallenge(use: ChallengeUse, pepper: Pepper, now: number): string {
  const head = Buffer.alloc(headLength);
  head.writeUIntBE(now, 0, timeBytes);
  randomBytes(randomLength).copy(head, timeBytes);
  return Buffer.concat([head, digestOf(head, use, pepper)]).toString('base64url');
}

/**
 * When a challenge was made. Whoever accepts its answer remembers that, and accepts none up to it again.
 *
 * @param challenge whatever came
 * @param peppers those in force
 * @param now epoch milliseconds
 * @returns epoch milliseconds, or `null` for one that is not ours, is for something else, or is too old
 */
export function timeOfPasskeyChallenge(
  challenge: string,
  use: ChallengeUse,
  peppers: readonly Pepper[],
  now: number,
): number | null {
  const bytes = Buffer.from(challenge, 'base64url');
  if (bytes.length !== challengeLength || bytes.toString('base64url') !== challenge) return null;
  const [head, digest] = [bytes.subarray(0, headLength), bytes.subarray(headLength)];
  if (!peppers.some((pepper) => timingSafeEqual(digest, digestOf(head, use, pepper)))) return null;
  const at = head.readUIntBE(0, timeBytes);
  // The clock of the node that made it may be ahead of this one.
  return Math.abs(now - at) < challengeLifetimeMs ? at : null;
}

/** The text is a JSON array, as no secret is whose digest lies in the database. */
function digestOf(head: Buffer, use: ChallengeUse, { key }: Pepper): Buffer {
  const bound = use.purpose === 'register' ? [use.personId, use.sessionId] : [];
  const text = JSON.stringify(['passkey', use.purpose, ...bound, head.toString('base64url')]);
  return createHmac('sha256', key).update(text).digest();
}
