/** Digits in ASCII order, so that base62 numbers of one width sort as text. */
export const base62Alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `value` (a non-negative safe integer) in base62, big-endian, padded on the left with `0` to `width`. */
export function toBase62(value: number, width: number): string {
  let digits = '';
  for (let rest = value; digits.length < width; rest = Math.floor(rest / 62)) {
    digits = base62Alphabet[rest % 62] + digits;
  }
  return digits;
}
