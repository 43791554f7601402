import { isOperatorOnlyScope } from './management-scopes.js';

/** Who wants to give something away: everything for the operator, `grantableScopes` for a key. */
export interface Giver {
  readonly isOperator: boolean;
  readonly grantableScopes: ReadonlySet<string>;
}

/**
 * Nobody gives more than they may give (contract §6): the scopes of `wanted` that this giver may not hand to a key of the
 * account, empty if all is well. Asked by every call that yields a secret or widens a key.
 */
export function scopesBeyond(
  giver: Giver,
  wanted: Iterable<string>,
  account: { readonly isOperator: boolean },
): string[] {
  return [...new Set(wanted)].filter((scope) => {
    if (isOperatorOnlyScope(scope) && !account.isOperator) return true;
    return !giver.isOperator && !giver.grantableScopes.has(scope);
  });
}
