import { createHmac, hash } from 'node:crypto';

/** The name of the digest algorithm, stored beside each digest so that it can be changed one day. */
export const digestAlgorithm = 'hmac-sha256';

/** A versioned HMAC key kept outside the database. */
export interface Pepper {
  readonly version: number;
  readonly key: Buffer;
}

/** HMAC-SHA256 of a secret under the pepper, base64url: what the store keeps in the secret's place. */
export function digestOfSecret(secret: string, pepper: Pepper): string {
  return createHmac('sha256', pepper.key).update(secret).digest('base64url');
}

/**
 * SHA-256 of a secret, base64url: the name of its entry in the key directory's memory, and never stored. A warm call
 * costs this one hash; the HMAC is paid when the entry is filled.
 */
export function fingerprintOfSecret(secret: string): string {
  return hash('sha256', secret, 'base64url');
}
