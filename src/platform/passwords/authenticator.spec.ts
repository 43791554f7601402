import { describe, expect, it } from '@jest/globals';
import {
  authenticatorUri,
  newAuthenticatorSecret,
  readAuthenticatorCode,
  stepOfCode,
} from './authenticator.js';

/** RFC 6238, appendix B, whose secret is the text `12345678901234567890`; of its eight digits an app shows the last six. */
const rfcSecret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const rfcCodes: [seconds: number, code: string][] = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
];

describe('a code of the authenticator app', () => {
  it.each(rfcCodes)('at %d seconds it is %s', (seconds, code) => {
    const step = Math.floor(seconds / 30);
    const at = (steps: number) => stepOfCode(rfcSecret, code, (step + steps) * 30_000);
    expect([at(-2), at(-1), at(0), at(1), at(2)]).toEqual([null, step, step, step, null]);
  });

  it('is of its step to the last millisecond', () => {
    const [seconds, code] = rfcCodes[3] as [number, string];
    const step = Math.floor(seconds / 30);
    expect(stepOfCode(rfcSecret, code, (step + 2) * 30_000 - 1)).toBe(step);
    expect(stepOfCode(rfcSecret, code, (step - 1) * 30_000)).toBe(step);
    expect(stepOfCode(rfcSecret, code, (step - 1) * 30_000 - 1)).toBeNull();
  });

  it('is not that of another secret', () => {
    const [seconds, code] = rfcCodes[1] as [number, string];
    expect(stepOfCode(rfcSecret.replace('G', 'H'), code, seconds * 1000)).toBeNull();
  });

  it.each([
    ['123456', '123456'],
    ['123 456', '123456'],
    [' 000000\n', '000000'],
    ['12345', null],
    ['1234567', null],
    ['-12345', null],
    ['1e5000', null],
    ['١٢٣٤٥٦', null],
    ['', null],
  ])('is read from %j as %j', (typed, read) => {
    expect(readAuthenticatorCode(typed)).toBe(read);
  });
});

describe('a secret for the app', () => {
  it('has 160 random bits', () => {
    const secrets = Array.from({ length: 100 }, newAuthenticatorSecret);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  });

  it('comes in a URI that says what an app has to do, and whose it is', () => {
    const uri = new URL(authenticatorUri(rfcSecret, 'aoife+x@example.com'));
    expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/Latchkey:aoife+x@example.com');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      ...{ issuer: 'Latchkey', secret: rfcSecret },
      ...{ algorithm: 'SHA1', digits: '6', period: '30' },
    });
  });
});
