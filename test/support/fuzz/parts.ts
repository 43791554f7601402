import * as fc from 'fast-check';

/** A part of a request's first lines. One that is not sound may be refused before it is a request. */
export interface Part {
  readonly text: string;
  readonly sound: boolean;
}

/** A byte, as the character of Latin-1. */
const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));

/** Any bytes at all. */
export const anyBytes = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: byte, maxLength });

/** What may stand in a header's value, without the spaces around it that are no part of it. */
export const visible = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme-ascii', maxLength }).map((text) => text.trim());

export const tokenText = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-._~'),
    minLength: 1,
    maxLength,
  });

/** Mostly the one, now and then the other. */
export function mostly<T>(
  usual: fc.Arbitrary<T>,
  odd: fc.Arbitrary<T>,
  weight = 7,
): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

export const sound = (text: string): Part => ({ text, sound: true });

export const unsound = (text: string): Part => ({ text, sound: false });
