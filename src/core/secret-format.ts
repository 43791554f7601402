import { crc32 } from 'node:zlib';
import { toBase62 } from './base62.js';
import { randomBase62 } from './ids.js';

/** What a key is for; fixed for the key's life and readable in its secrets. */
export type Environment = 'production' | 'staging' | 'qa' | 'development';

export const environments: readonly Environment[] = ['production', 'staging', 'qa', 'development'];

const environmentTags: Readonly<Record<Environment, string>> = {
  production: 'prod',
  staging: 'stg',
  qa: 'qa',
  development: 'dev',
};

const randomLength = 32;
const checksumLength = 6;
const startRandomLength = 4;
/** Characters of the shortest secret, of ours or brought along. */
export const secretLengthMin = 16;
export const legacyLengthMax = 512;

/** RFC 6750 §2.1, `b64token`. */
const b64token = /^[A-Za-z0-9\-._~+/]+=*$/;
const ourShape = /^[a-z][a-z0-9]*_(?:prod|stg|qa|dev)_[0-9A-Za-z]{38}$/;

/**
 * What a credential's text is, before any look-up.
 *
 * - `ours`: one of the installation's prefixes, right shape, right checksum.
 * - `legacy`: anything else that RFC 6750 would take, 16 to 512 characters: known by its digest alone.
 * - `neither`: cannot be a secret of this installation, so nothing is looked up.
 */
export type SecretShape = 'ours' | 'legacy' | 'neither';

/** A fresh secret: 32 random base62 characters (190 bits) between a readable head and a checksum. */
export function newSecret(prefix: string, environment: Environment): string {
  return withChecksum(`${prefix}_${environmentTags[environment]}_${randomBase62(randomLength)}`);
}

/** @param prefixes every prefix this installation has ever given out */
export function shapeOfSecret(text: string, prefixes: readonly string[]): SecretShape {
  if (text.length < secretLengthMin || text.length > legacyLengthMax) return 'neither';
  if (prefixes.some((prefix) => text.startsWith(`${prefix}_`))) {
    return ourShape.test(text) && hasValidChecksum(text) ? 'ours' : 'neither';
  }
  return b64token.test(text) ? 'legacy' : 'neither';
}

/** The first characters, for people to tell secrets apart: `lk_prod_4fGh`, or four characters of a legacy secret. */
export function displayStart(secret: string, shape: 'ours' | 'legacy'): string {
  if (shape === 'legacy') return secret.slice(0, startRandomLength);
  return secret.slice(0, secret.length - randomLength - checksumLength + startRandomLength);
}

/** @param body what is to be known again by the checksum behind it */
export function withChecksum(body: string): string {
  return body + checksum(body);
}

/** Whether `text` ends in the checksum of what stands before it. */
export function hasValidChecksum(text: string): boolean {
  return text.endsWith(checksum(text.slice(0, -checksumLength)));
}

/** CRC-32 (ISO-HDLC, the one of zip and PNG) in base62. It finds typing errors; it protects nothing. */
function checksum(body: string): string {
  return toBase62(crc32(body), checksumLength);
}
