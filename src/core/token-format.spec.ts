import { describe, expect, it } from '@jest/globals';
import { holdsSecretOfOurs, maskSecretsOfOurs } from './redaction.js';
import { shapeOfSecret } from './secret-format.js';
import { isTokenShaped, newToken } from './token-format.js';

describe.each(['session', 'link'] as const)('a token of a %s', (kind) => {
  const token = newToken(kind);
  const other = kind === 'session' ? 'link' : 'session';

  it('has 190 random bits, so no two are alike', () => {
    expect(token).toMatch(kind === 'session' ? /^lks_[0-9A-Za-z]{38}$/ : /^lkl_[0-9A-Za-z]{38}$/);
    const many = Array.from({ length: 1000 }, () => newToken(kind));
    expect(new Set(many).size).toBe(many.length);
  });

  it('is known for one, and for no other', () => {
    expect([isTokenShaped(token, kind), isTokenShaped(token, other)]).toEqual([true, false]);
  });

  it.each([
    ['a typing error', token.replace(/.$/, (last) => (last === '0' ? '1' : '0'))],
    ['what was cut', token.slice(0, -1)],
    ['what has something behind it', `${token}x`],
    ['what ends in a line', `${token}\n`],
    ['nothing', ''],
  ])('is told from %s', (_what, text) => {
    expect(isTokenShaped(text, kind)).toBe(false);
  });

  it('is no secret of ours, whatever prefix there is', () => {
    expect(shapeOfSecret(token, ['lk', 'acme'])).not.toBe('ours');
  });

  it.each([
    ['plain', (text: string) => text],
    ['within a text', (text: string) => `x${text}y`],
    ['percent-encoded', (text: string) => text.replace('_', '%5F')],
  ])('#28 is masked wherever it stands, %s', (_how, dressed) => {
    expect(holdsSecretOfOurs(dressed(token))).toBe(true);
    expect(maskSecretsOfOurs(dressed(token))).not.toContain(token.slice(4, 36));
  });
});
