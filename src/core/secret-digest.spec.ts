import { describe, expect, it } from '@jest/globals';
import { digestAlgorithm, digestOfSecret, fingerprintOfSecret } from './secret-digest.js';

const pepper = { version: 1, key: Buffer.from('k'.repeat(32)) };

describe('the digest of a secret', () => {
  it('is HMAC-SHA256 in base64url (RFC 4231, test case 2)', () => {
    // prettier-ignore
    const digest = digestOfSecret('what do ya want for nothing?', { version: 1, key: Buffer.from('Jefe') });
    expect(Buffer.from(digest, 'base64url').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(digest).toBe('W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM');
    expect(digestAlgorithm).toBe('hmac-sha256');
  });

  it('is the same for the same secret and pepper, whatever the version is called', () => {
    expect(digestOfSecret('lk_prod_x', pepper)).toBe('P_yi5TN1GhltugWbV8EUynnF_uYeRIyt-z60bxJVmH4');
    // prettier-ignore
    expect(digestOfSecret('lk_prod_x', { ...pepper, version: 2 })).toBe(digestOfSecret('lk_prod_x', pepper));
  });

  // prettier-ignore
  it.each([
    ['the last character of the secret', 'lk_prod_y', pepper.key],
    ['the case of a character', 'Lk_prod_x', pepper.key],
    ['a character more', 'lk_prod_x ', pepper.key],
    ['the pepper', 'lk_prod_x', Buffer.from(`${'k'.repeat(31)}l`)],
  ])('changes with %s', (_name, secret, key) => {
    expect(digestOfSecret(secret, { version: 1, key })).not.toBe(digestOfSecret('lk_prod_x', pepper));
  });
});

describe('the fingerprint of a secret', () => {
  it('is SHA-256 in base64url (FIPS 180-2, "abc")', () => {
    expect(fingerprintOfSecret('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });

  it('is not the digest that is stored', () => {
    expect(fingerprintOfSecret('abc')).not.toBe(digestOfSecret('abc', pepper));
  });
});
