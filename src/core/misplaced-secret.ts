import { withoutHapikey } from './credential.js';
import { secretsOfOursIn } from './redaction.js';

/** Where a secret of ours was seen that does not belong there. */
export type SecretPlace =
  | ('path' | 'query' | 'host' | 'referer' | 'user_agent' | 'request_id' | 'forwarded_for')
  | 'header_name';

export interface MisplacedSecret {
  readonly place: SecretPlace;
  /** As it is: to be digested at once, and kept nowhere. */
  readonly secret: string;
}

/** A text of a request that may hold a secret. */
export interface SeenText {
  readonly place: Exclude<SecretPlace, 'header_name'>;
  readonly raw: string;
}

/** A name as long as the shortest secret of ours. Few headers have one. */
const nameLengthMin = 43;

/**
 * Secrets of ours in places where none belongs.
 *
 * @param texts those that may hold one: something was masked in what is kept of them, or nothing is kept
 * @param rawHeaders names and values in turn, as Node gives them
 */
export function misplacedSecretsIn(
  texts: readonly SeenText[],
  rawHeaders: readonly string[],
): MisplacedSecret[] {
  const found: MisplacedSecret[] = [];
  for (const { place, raw } of texts) {
    // In hapikey a secret belongs.
    for (const secret of secretsOfOursIn(place === 'query' ? (withoutHapikey(raw) ?? '') : raw))
      found.push({ place, secret });
  }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length < nameLengthMin) continue;
    for (const secret of secretsOfOursIn(name)) found.push({ place: 'header_name', secret });
  }
  return found;
}
