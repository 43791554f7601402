import { holdsSecretOfOurs } from './redaction.js';

/** RFC 6749 §3.3, `scope-token`: visible ASCII without `"` and `\`. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;

/** A secret would fit the grammar; as a name it would be shown to everybody. */
export function isScopeName(text: string): boolean {
  return scopeToken.test(text) && !holdsSecretOfOurs(text);
}

/** The scopes of one set that `held` lacks. A scope is its whole name: `contacts.read` says nothing of `contacts.readwrite`. */
export function missingScopes(required: readonly string[], held: ReadonlySet<string>): string[] {
  return required.filter((scope) => !held.has(scope));
}

/** The same choice of sets, with more that is needed whichever of them is taken. */
export function alsoRequiring(
  scopeSets: readonly (readonly string[])[],
  more: readonly string[],
): readonly (readonly string[])[] {
  if (more.length === 0) return scopeSets;
  return (scopeSets.length === 0 ? [[]] : scopeSets).map((set) => [...new Set([...set, ...more])]);
}

export type ScopeVerdict =
  | { readonly open: true; readonly used: readonly string[] }
  | {
      readonly open: false;
      readonly nearest: readonly string[];
      readonly missing: readonly string[];
    };

/**
 * Whether any of a route's scope sets is held whole. No sets at all: any valid key.
 *
 * If none is, the *nearest set* is the one with the fewest missing scopes, then the smallest, then the first declared.
 */
export function judgeScopes(
  scopeSets: readonly (readonly string[])[],
  held: ReadonlySet<string>,
): ScopeVerdict {
  if (scopeSets.length === 0) return { open: true, used: [] };
  let nearest: readonly string[] = [];
  let missing: readonly string[] | null = null;
  for (const set of scopeSets) {
    const lacking = missingScopes(set, held);
    if (lacking.length === 0) return { open: true, used: set };
    if (
      missing === null ||
      lacking.length < missing.length ||
      (lacking.length === missing.length && set.length < nearest.length)
    ) {
      nearest = set;
      missing = lacking;
    }
  }
  return { open: false, nearest, missing: missing ?? [] };
}
