import { crc32 } from 'node:zlib';

const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A secret as contract §2 spells it, written down independently of the code: `head_random` and its CRC-32 in base62. */
export function craftSecret(head: string, random: string): string {
  const body = `${head}_${random}`;
  let rest = crc32(body);
  let checksum = '';
  for (let i = 0; i < 6; i += 1) {
    checksum = (digits[rest % 62] as string) + checksum;
    rest = Math.floor(rest / 62);
  }
  return body + checksum;
}

/** The same text with one character changed into another of the same kind. */
export function withChanged(secret: string, at: number): string {
  const index = at < 0 ? secret.length + at : at;
  const changed = secret[index] === 'a' ? 'b' : 'a';
  return secret.slice(0, index) + changed + secret.slice(index + 1);
}
