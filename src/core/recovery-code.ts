import { randomBytes } from 'node:crypto';

/** Crockford's base32: what looks alike is one character, so that a code can be read off paper. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const length = 16;

/** How many somebody gets at once. */
export const recoveryCodesAtOnce = 10;

/** A fresh code of 80 random bits, such as `4f7k-9xw2-m3qr-t8vz`. */
export function newRecoveryCode(): string {
  // 32 divides 256, so each character is uniform.
  const characters = Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]);
  return printed(characters.join(''));
}

/** A code however it was typed: in any case, with or without dashes and spaces. @returns as it was made, or `null` for what is none */
export function readRecoveryCode(typed: string): string | null {
  const plain = typed
    .replace(/[-\s]/g, '')
    .toLowerCase()
    .replaceAll('o', '0')
    .replace(/[il]/g, '1');
  return /^[0-9a-hjkmnp-tv-z]{16}$/.test(plain) ? printed(plain) : null;
}

function printed(plain: string): string {
  return (plain.match(/.{4}/g) ?? []).join('-');
}
