import type { Role } from './roles.js';

/** Which notices of an account a role is told of: all, those of the keys that the member made, or none. */
export type NoticeAudience = 'all' | 'of_own_keys' | 'none';

/** The whole table. A kind of notice is about a key, so whoever answers for the key is told of every kind. */
const audienceOf: Readonly<Record<Role, NoticeAudience>> = {
  admin: 'all',
  developer: 'of_own_keys',
  // Auditors look when they want to know; nothing that they are told asks them to do anything.
  auditor: 'none',
};

/**
 * Whether a member is told of a notice of their account.
 *
 * @param keyMadeBy who made the key that it is about: the id of a member or of a key; `null` if that is not known or it is about none
 */
export function isTold(
  { id, role }: { readonly id: string; readonly role: Role },
  keyMadeBy: string | null,
): boolean {
  const audience = audienceOf[role];
  return audience === 'all' || (audience === 'of_own_keys' && keyMadeBy === id);
}
