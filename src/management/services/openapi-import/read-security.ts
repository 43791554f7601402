import { isJsonObject } from './json-object.js';
import { catalogueName } from './scope-names.js';

export type SecurityReading =
  | {
      readonly ok: true;
      /** Whether a call without any credential is fine, by the document. */
      readonly unsecured: boolean;
      /** Catalogue names. Any one set suffices, all of its scopes are needed; none at all: any valid key. */
      readonly scopeSets: string[][];
      /** What a reader of the document might not expect. */
      readonly note: string | null;
    }
  | { readonly ok: false; readonly why: string };

/** Alternatives, schemes and scopes of one operation, counted together. */
const securityEntriesMax = 500;

/**
 * Reads the `security` that applies to an operation (its own, or else the document's).
 *
 * Its entries are alternatives; an entry needs all of its schemes, so its scopes are the union of theirs, whatever kind of
 * scheme they stand under (an `http` scheme may carry some too). No entry at all, or an empty entry `{}` among them, means
 * that a call needs no credential.
 *
 * Where some alternatives carry scopes and others (an API key, say) carry none, only those with scopes are kept, and a note
 * says so. Read literally the others would open the route to any key: but a document that says "an API key *or* these two
 * scopes" speaks of two kinds of credential of which the API key is the mighty one, and here one key stands in for both, so
 * that nobody who holds a key could be kept out any more. Asking for the scopes errs on the safe side: it denies with a
 * reason that names them, and the operator may declare the route differently.
 *
 * What cannot be understood is refused, never taken for "unsecured".
 */
export function readSecurity(security: unknown, scopePrefix: string): SecurityReading {
  if (security === undefined) return { ok: true, unsecured: true, scopeSets: [], note: null };
  if (!Array.isArray(security)) return refuse('its security is no list');
  if (isTooLong(security))
    return refuse(`its security has more than ${securityEntriesMax} entries`);
  const alternatives: string[][] = [];
  let optional = security.length === 0;
  for (const requirement of security) {
    if (!isJsonObject(requirement)) return refuse('an entry of its security is no object');
    const schemes = Object.entries(requirement);
    const scopes = unionOfScopes(schemes, scopePrefix);
    if (typeof scopes === 'string') return refuse(scopes);
    if (schemes.length === 0) optional = true;
    else alternatives.push(scopes);
  }
  const scoped = withoutDuplicates(alternatives.filter((scopes) => scopes.length > 0));
  if (optional) {
    const note =
      scoped.length > 0 ? 'its security is optional ({}), so its scopes are not required' : null;
    return { ok: true, unsecured: true, scopeSets: [], note };
  }
  const mixed = scoped.length > 0 && alternatives.some((scopes) => scopes.length === 0);
  const note = mixed
    ? 'it can also be called without scopes by the document; here the scopes are required'
    : null;
  return { ok: true, unsecured: false, scopeSets: scoped, note };
}

/** Whether alternatives, schemes and scopes are too many together. */
function isTooLong(security: readonly unknown[]): boolean {
  let count = security.length;
  for (const requirement of security) {
    if (count > securityEntriesMax) return true;
    if (!isJsonObject(requirement)) continue;
    for (const scopes of Object.values(requirement))
      count += 1 + (Array.isArray(scopes) ? scopes.length : 0);
  }
  return count > securityEntriesMax;
}

/** The union of an entry's scopes, or why it cannot be used. */
function unionOfScopes(
  schemes: readonly [string, unknown][],
  scopePrefix: string,
): string[] | string {
  const union = new Set<string>();
  for (const [scheme, scopes] of schemes) {
    if (!Array.isArray(scopes)) return `the scopes of ${scheme.slice(0, 200)} are no list`;
    for (const scope of scopes) {
      const reading = catalogueName(scopePrefix, scope);
      if (!reading.ok) return reading.why;
      union.add(reading.name);
    }
  }
  return [...union];
}

/** The same scopes in another order are the same set. */
function withoutDuplicates(sets: readonly string[][]): string[][] {
  const byContent = new Map<string, string[]>();
  for (const set of sets) {
    const content = set.toSorted().join(' ');
    if (!byContent.has(content)) byContent.set(content, set);
  }
  return [...byContent.values()];
}

function refuse(why: string): SecurityReading {
  return { ok: false, why };
}
