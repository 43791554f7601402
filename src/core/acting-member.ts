import type { HeldMember } from './ports.js';
import { reachesEveryAccount } from './roles.js';

/**
 * As which of their memberships somebody acts. As the operator wherever they are it; else as a member of the account that is named,
 * or of the operator's where that lets them look into every account; and where none is named, of the one they have been in longest.
 *
 * @param members the longest there first
 * @param accountId the account that the request is about; `null` if it names none
 */
export function actingMember(
  members: readonly HeldMember[],
  accountId: string | null,
): HeldMember | null {
  const everywhere = members.find(({ role, account }) => reachesEveryAccount(role, account));
  if (everywhere?.role === 'admin') return everywhere;
  const named = members.find(({ account }) => account.id === accountId);
  return named ?? everywhere ?? members[0] ?? null;
}
