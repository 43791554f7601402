import type { LinkPurpose } from '../core/one-time-link.js';
import { StartError } from '../core/start-error.js';
import type { AccountsStore } from '../store/accounts.store.js';
import type { AuditTrailStore } from '../store/audit-trail.store.js';
import type { Change, Database } from '../store/database.js';
import type { Actor } from '../store/entities/audit-event.entity.js';
import type { MembersStore } from '../store/members.store.js';
import type { MadeLink, OneTimeLinksStore } from '../store/one-time-links.store.js';
import type { PasskeysStore } from '../store/passkeys.store.js';
import type { PeopleStore } from '../store/people.store.js';
import type { SecondFactorsStore } from '../store/second-factors.store.js';
import type { SessionsStore } from '../store/sessions.store.js';

const commandLine: Actor = { kind: 'installation', id: null, name: 'command line' };

/** What a link is made with. */
export interface LinkMaking {
  readonly database: Database;
  readonly accounts: AccountsStore;
  readonly people: PeopleStore;
  readonly members: MembersStore;
  readonly links: OneTimeLinksStore;
  readonly factors: SecondFactorsStore;
  readonly passkeys: PasskeysStore;
  readonly sessions: SessionsStore;
  readonly audit: AuditTrailStore;
  linkFor(purpose: LinkPurpose, token: string): string;
}

/** Whom a link is for. */
export interface LockedOut {
  readonly email: string;
  /** Whether they have lost their second factor as well: it is turned off, passkeys go, and they are signed out everywhere. */
  readonly resetsSecondFactor: boolean;
}

/**
 * Makes a link for who is locked out: a new password for somebody who is there, or else an admin of the operator's account.
 * Whoever can run this holds the database and its keys, so nothing else is asked of them.
 *
 * @param whom `null` for somebody new
 * @returns what it is for, and the link
 * @throws StartError of one readable line
 */
export async function makeMemberLink(
  making: LinkMaking,
  whom: LockedOut | null,
): Promise<string[]> {
  const { link, token } = await making.database.change((change) =>
    whom === null ? setUp(making, change) : recover(making, change, whom),
  );
  const what =
    link.purpose === 'set_up'
      ? "Whoever uses this link becomes an admin of the operator's account"
      : `Whoever uses this link sets the password of ${whom?.email}`;
  const until = new Date(link.expiresAt).toISOString();
  return [`${what}. It works once, until ${until}:`, making.linkFor(link.purpose, token)];
}

async function setUp({ accounts, links, audit }: LinkMaking, change: Change): Promise<MadeLink> {
  const operator = await accounts.findOperator();
  if (operator === null) throw new StartError('No server has ever been started on this database.');
  const { id: accountId } = operator;
  await links.revokeOpen(change, { purpose: 'set_up', accountId });
  const made = await links.make(change, {
    ...{ purpose: 'set_up', accountId, role: 'admin', madeBy: commandLine },
    ...{ personId: null, email: null },
  });
  await audit.append(change, {
    ...{ accountId, action: 'member.set_up_link_made', actor: commandLine, callerIp: null },
    target: { type: 'account', id: accountId },
    after: facts(made),
  });
  return made;
}

async function recover(
  making: LinkMaking,
  change: Change,
  { email, resetsSecondFactor }: LockedOut,
): Promise<MadeLink> {
  const { people, members, links, audit } = making;
  const person = await people.findByEmail(email, change.manager);
  if (person === null)
    throw new StartError(
      'There is nobody with this e-mail address. Without --for the link is for somebody new.',
    );
  const { id: personId } = person;
  if (resetsSecondFactor) await resetSecondFactor(making, change, personId);
  await links.revokeOpen(change, { purpose: 'recovery', personId });
  const made = await links.make(change, {
    ...{ purpose: 'recovery', personId, madeBy: commandLine },
    ...{ accountId: null, role: null, email: null },
  });
  for (const { id, accountId } of await members.ofPerson(personId, change.manager))
    await audit.append(change, {
      ...{ accountId, action: 'member.recovery_link_made', actor: commandLine, callerIp: null },
      target: { type: 'member', id },
      after: facts(made),
    });
  return made;
}

async function resetSecondFactor(
  { factors, passkeys, sessions, members, audit }: LinkMaking,
  change: Change,
  personId: string,
): Promise<void> {
  const hadFactor = await factors.turnOff(change, personId);
  const passkeysRemoved = await passkeys.removeAll(change, personId);
  if (!hadFactor && passkeysRemoved === 0)
    throw new StartError(
      'This person has no second factor and no passkey: leave out --reset-second-factor.',
    );
  const sessionsEnded = await sessions.endAll(change, personId);
  for (const { id, accountId } of await members.ofPerson(personId, change.manager))
    await audit.append(change, {
      ...{ accountId, action: 'member.second_factor_reset', actor: commandLine, callerIp: null },
      target: { type: 'member', id },
      after: { sessionsEnded, passkeysRemoved },
    });
}

function facts({ link: { id, expiresAt } }: MadeLink): object {
  return { linkId: id, expiresAt: new Date(expiresAt).toISOString() };
}
