import { withChecksum } from '../../scripts/secret-search.mjs';

/** A secret as contract §2 spells it, written down independently of the code: `head_random` and its CRC-32 in base62. */
export function craftSecret(head: string, random: string): string {
  return withChecksum(`${head}_${random}`);
}

/** The same text with one character changed into another of the same kind. */
export function withChanged(secret: string, at: number): string {
  const index = at < 0 ? secret.length + at : at;
  const changed = secret[index] === 'a' ? 'b' : 'a';
  return secret.slice(0, index) + changed + secret.slice(index + 1);
}
