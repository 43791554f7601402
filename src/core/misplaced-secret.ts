import { withoutHapikey } from './credential.js';
import { isMasked, secretsOfOursIn } from './redaction.js';

/** Where a secret of ours was seen that does not belong there. */
export type SecretPlace =
  | ('path' | 'query' | 'host' | 'referer' | 'user_agent' | 'request_id' | 'forwarded_for')
  | 'header_name';

export interface MisplacedSecret {
  readonly place: SecretPlace;
  /** As it is: to be digested at once, and kept nowhere. */
  readonly secret: string;
}

/** A text of a request, and what is kept of it; `undefined` for what is not kept. */
export interface SeenText {
  readonly place: Exclude<SecretPlace, 'header_name'>;
  readonly raw: string | null | undefined;
  readonly kept: string | null | undefined;
}

/** A name as long as the shortest secret of ours. Few headers have one. */
const nameLengthMin = 43;

/**
 * Secrets of ours in places where none belongs. It costs next to nothing where nothing was masked: what is kept is looked through for
 * secrets anyway, so only what that changed is read once more.
 *
 * @param rawHeaders names and values in turn, as Node gives them
 */
export function misplacedSecretsIn(
  texts: readonly SeenText[],
  rawHeaders: readonly string[],
): MisplacedSecret[] {
  const found: MisplacedSecret[] = [];
  for (const { place, raw, kept } of texts) {
    if (!raw || (kept !== undefined && !isMasked(kept))) continue;
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
