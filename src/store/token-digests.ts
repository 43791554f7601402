import { Inject, Injectable } from '@nestjs/common';
import { digestAlgorithm, digestOfSecret, type Pepper } from '../core/secret-digest.js';
import { isTokenShaped, newToken, type TokenKind } from '../core/token-format.js';
import { PEPPERS } from './tokens.js';

/** What the database keeps in the place of a token. */
export interface KeptDigest {
  readonly digest: string;
  readonly digestAlgorithm: string;
  readonly pepperVersion: number;
}

/** Tokens at the only moment at which they are known, and when they come back. */
@Injectable()
export class TokenDigests {
  constructor(@Inject(PEPPERS) private readonly peppers: readonly Pepper[]) {}

  make(kind: TokenKind): { readonly token: string; readonly kept: KeptDigest } {
    const token = newToken(kind);
    return { token, kept: this.keep(token) };
  }

  /** What is kept of a text that somebody is given. */
  keep(text: string): KeptDigest {
    const [pepper] = this.peppers;
    if (pepper === undefined) throw new Error('An installation has at least one pepper.');
    const { version: pepperVersion } = pepper;
    return { digest: digestOfSecret(text, pepper), digestAlgorithm, pepperVersion };
  }

  /** What may be kept of a token, under each pepper in force; nothing for what can be none. */
  of(token: string, kind: TokenKind): string[] {
    return isTokenShaped(token, kind) ? this.ofText(token) : [];
  }

  /** What may be kept of a text, under each pepper in force. */
  ofText(text: string): string[] {
    return this.peppers.map((pepper) => digestOfSecret(text, pepper));
  }
}
