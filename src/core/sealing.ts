import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** A versioned AES-256 key kept outside the database. */
export interface SealingKey {
  readonly version: number;
  readonly key: Buffer;
}

const algorithm = 'aes-256-gcm';
const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Encrypts `plain` (AES-256-GCM) so that it can lie in the database: `<key version>.<iv>.<ciphertext and tag>`, base64url.
 *
 * @param place what it is and whose, such as `audit-key`: it opens in that place only
 */
export function seal(plain: Buffer, { version, key }: SealingKey, place: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(algorithm, key.subarray(0, keyBytes), iv).setAAD(
    Buffer.from(place),
  );
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return `${version}.${iv.toString('base64url')}.${sealed.toString('base64url')}`;
}

/** @throws Error if no key of that version is given, or if what was sealed is not intact, or was sealed for another place */
export function unseal(text: string, keys: readonly SealingKey[], place: string): Buffer {
  const [version, iv, sealed] = text.split('.');
  const key = keys.find((candidate) => String(candidate.version) === version)?.key;
  if (key === undefined || iv === undefined || sealed === undefined)
    throw new Error('There is no key to unseal this with.');
  const bytes = Buffer.from(sealed, 'base64url');
  const decipher = createDecipheriv(
    algorithm,
    key.subarray(0, keyBytes),
    Buffer.from(iv, 'base64url'),
    { authTagLength: tagBytes },
  )
    .setAAD(Buffer.from(place))
    .setAuthTag(bytes.subarray(-tagBytes));
  return Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]);
}
