import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newRecoveryCode, readRecoveryCode } from './recovery-code.js';

describe('a recovery code', () => {
  it('is another each time, from all of its alphabet', () => {
    const codes = Array.from({ length: 500 }, newRecoveryCode);
    expect(new Set(codes).size).toBe(codes.length);
    for (const code of codes) expect(code).toMatch(/^(?:[0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}$/);
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  }); // prettier-ignore

  it('is read however it is typed', () => {
    const code = newRecoveryCode();
    const plain = code.replaceAll('-', '');
    for (const typed of [code, plain, code.toUpperCase(), ` ${code.replaceAll('-', ' ')}\t`])
      expect(readRecoveryCode(typed)).toBe(code);
  });

  it('takes what looks like a digit for that digit', () => {
    expect(readRecoveryCode('OoIi-LlOo-0000-1111')).toBe('0011-1100-0000-1111');
  });

  it.each(['', '123456', '1234-5678-9abc-def', '1234-5678-9abc-defg-h', 'u234-5678-9abc-defg', '１234-5678-9abc-defg'])(
    'is not %j',
    (typed) => {
      expect(readRecoveryCode(typed)).toBeNull();
    },
  ); // prettier-ignore

  it('is read out of anything or not at all, and then the same again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        const read = readRecoveryCode(typed);
        expect(read === null || readRecoveryCode(read) === read).toBe(true);
      }),
    );
  });
});
