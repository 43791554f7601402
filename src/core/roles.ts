import type { Giver } from './delegation.js';
import { noAllowlist } from './ip-allowlist.js';
import { isManagementScope, isOperatorOnlyScope, managementScopes } from './management-scopes.js';

/** What a member is in an account. */
export type Role = 'admin' | 'developer' | 'auditor';

export const roles: readonly Role[] = ['admin', 'developer', 'auditor'];

/** The account that a member belongs to, as far as its role goes. */
interface RoleAccount {
  readonly isOperator: boolean;
  /** `null` is all of the catalogue. */
  readonly entitledScopes: readonly string[] | null;
}

const developerScopes = [
  'latchkey.accounts.read',
  'latchkey.keys.read',
  'latchkey.keys.write',
  'latchkey.scopes.read',
  'latchkey.services.read',
  'latchkey.request_log.read',
  'latchkey.notices.read',
  // Of no use to a session: they are for the keys that a developer makes.
  'latchkey.self.rotate',
  'latchkey.verify',
];

/** The whole table: what each role may do with the management API. */
const scopesOf: Readonly<Record<Role, readonly string[]>> = {
  admin: managementScopes.map(({ name }) => name),
  developer: developerScopes,
  auditor: managementScopes.map(({ name }) => name).filter((name) => name.endsWith('.read')),
};

/** With a key that has one of these, everything of its account can be changed: more than a developer may. */
const withheldFromKeysOfDevelopers = new Set(['latchkey.keys.write']);

/** The management scopes of a role; those of the operator count in its own account alone. */
export function scopesOfRole(
  role: Role,
  { isOperator }: Pick<RoleAccount, 'isOperator'>,
): ReadonlySet<string> {
  return new Set(scopesOf[role].filter((name) => isOperator || !isOperatorOnlyScope(name)));
}

/** Whether somebody acts on every account, and not only on its own: a developer has keys, and those are of its account. */
export function reachesEveryAccount(role: Role, account: Pick<RoleAccount, 'isOperator'>): boolean {
  return account.isOperator && role !== 'developer';
}

/** Of keys that others made a developer reads, and changes nothing. */
export function changesOwnKeysOnly(role: Role): boolean {
  return role === 'developer';
}

/** What a member may hand out: of the catalogue what its account is entitled to, of the management scopes those of its role. */
export function giverOf(role: Role, account: RoleAccount): Giver {
  const own = scopesOfRole(role, account);
  const has = (scope: string): boolean => {
    if (role === 'auditor') return false;
    if (isManagementScope(scope))
      return own.has(scope) && !(role === 'developer' && withheldFromKeysOfDevelopers.has(scope));
    return account.entitledScopes === null || account.entitledScopes.includes(scope);
  };
  return {
    isOperator: account.isOperator && role === 'admin',
    grantableScopes: { has },
    ipAllowlist: noAllowlist,
    expiresAt: null,
    rateLimits: null,
  };
}

/**
 * What somebody has to be able to hand out to give a role: what the role may do, and what it may hand out itself. So no key makes
 * a member that may more than the key.
 *
 * @param catalogue the names of all scopes that there are
 */
export function scopesToGiveRole(
  role: Role,
  account: RoleAccount,
  catalogue: readonly string[],
): string[] {
  const giver = giverOf(role, account);
  const handedOut = catalogue.filter((name) => giver.grantableScopes.has(name));
  return [...scopesOfRole(role, account), ...handedOut];
}
