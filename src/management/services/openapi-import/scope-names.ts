import { isManagementScope, managementScopePrefix } from '../../../core/management-scopes.js';
import { isScopeName } from '../../../core/scope-set.js';

export type ScopeNameReading =
  { readonly ok: true; readonly name: string } | { readonly ok: false; readonly why: string };

/** The name under which a document's scope joins the catalogue. What is reserved is judged with the prefix before it. */
export function catalogueName(prefix: string, declared: unknown): ScopeNameReading {
  if (typeof declared !== 'string') return { ok: false, why: 'a scope is no text' };
  const name = prefix + declared;
  if (declared === '' || !isScopeName(name)) {
    return {
      ok: false,
      why: `"${name.slice(0, 200)}" cannot be a scope's name (RFC 6749, scope-token)`,
    };
  }
  if (isManagementScope(name)) {
    return { ok: false, why: `"${name}" lies under the reserved prefix ${managementScopePrefix}` };
  }
  return { ok: true, name };
}
