import type { Caller } from '../../access/guard/caller.js';
import { limitsBeyond, scopesBeyond } from '../../core/delegation.js';
import { noAllowlist } from '../../core/ip-allowlist.js';
import { scopesToGiveRole, type Role } from '../../core/roles.js';
import { limitNotGrantable, scopeNotGrantable } from '../../platform/errors/api-error.js';
import type { Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { ScopesStore } from '../../store/scopes.store.js';

/** A member signs in from anywhere, for good, and as often as they like. */
const unlimited = { ipAllowlist: noAllowlist, expiresAt: null, rateLimits: null };

/** Nobody gives more than they may give (contract §6): who makes a member could act as that member. @throws ApiError 403 */
export async function checkMayGiveRole(
  change: Change,
  scopes: ScopesStore,
  caller: Caller,
  account: AccountEntity,
  role: Role,
): Promise<void> {
  const wanted = scopesToGiveRole(role, account, await scopes.names(change));
  const beyond = scopesBeyond(caller, wanted, account);
  if (beyond.length > 0) throw scopeNotGrantable(beyond);
  const wider = limitsBeyond(caller, unlimited);
  if (wider.length > 0) throw limitNotGrantable(wider);
}
