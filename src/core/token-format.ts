import { randomBase62 } from './ids.js';
import { hasValidChecksum, withChecksum } from './secret-format.js';

/** What a token is for: a session, which lies in a cookie, or a link that can be used once. */
export type TokenKind = 'session' | 'link';

/** `lk` and a letter is no prefix of a key's secret, whatever `KEY_PREFIX` is. */
const prefixes: Readonly<Record<TokenKind, string>> = { session: 'lks', link: 'lkl' };

const randomLength = 32;

/** A fresh token: 32 random base62 characters (190 bits) between its prefix and a checksum. */
export function newToken(kind: TokenKind): string {
  return withChecksum(`${prefixes[kind]}_${randomBase62(randomLength)}`);
}

/** Whether a text can be such a token. What cannot is looked up nowhere. */
export function isTokenShaped(text: string, kind: TokenKind): boolean {
  return (
    /^lk[a-z]_[0-9A-Za-z]{38}$/.test(text) &&
    text.startsWith(`${prefixes[kind]}_`) &&
    hasValidChecksum(text)
  );
}
