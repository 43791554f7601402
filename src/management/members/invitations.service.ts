import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { foldedEmail } from '../../core/email-address.js';
import type { Clock } from '../../core/ports.js';
import type { Role } from '../../core/roles.js';
import { conflict, notFound } from '../../platform/errors/api-error.js';
import { ConsoleAddress } from '../../platform/http/console-address.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { iso } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { LinkMailEntity } from '../../store/entities/link-mail.entity.js';
import type { OneTimeLinkEntity } from '../../store/entities/one-time-link.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { MembersStore } from '../../store/members.store.js';
import { OneTimeLinksStore } from '../../store/one-time-links.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { CLOCK } from '../../store/tokens.js';
import { InvitationMails, invitationMailResponse } from './invitation-mails.js';
import type {
  InvitationResponse,
  InviteRequest,
  IssuedInvitationResponse,
  ResendInvitationRequest,
} from './members.dto.js';
import { checkMayGiveRole } from './role-giving.js';

@Injectable()
export class InvitationsService {
  constructor(
    private readonly database: Database,
    private readonly links: OneTimeLinksStore,
    private readonly people: PeopleStore,
    private readonly members: MembersStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
    private readonly idempotency: IdempotencyStore,
    private readonly mails: InvitationMails,
    private readonly console: ConsoleAddress,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * Of several invitations of one address the latest works. It is mailed where that can be, and then nobody but the recipient sees its
   * link.
   *
   * @throws ApiError 403, 409, 429
   */
  invite(
    caller: Caller,
    account: AccountEntity,
    { email, role, byHand = false }: InviteRequest,
  ): Promise<IssuedInvitationResponse> {
    return this.database.change(async (change) => {
      await checkMayGiveRole(change, this.scopes, caller, account, role);
      await this.#checkIsNoMember(change, account, email);
      const address = foldedEmail(email);
      await this.links.revokeOpen(change, {
        ...{ purpose: 'invitation', accountId: account.id, email: address },
      });
      const { actor: madeBy } = caller;
      const { link, token } = await this.links.make(change, {
        ...{ purpose: 'invitation', accountId: account.id, role, email: address },
        ...{ personId: null, madeBy },
      });
      const mail = await this.#mail(change, link, byHand);
      const invitation = invitationResponse(link, mail);
      await this.#record(change, caller, 'member.invited', invitation);
      await this.idempotency.complete(change, caller.idempotency, invitation);
      return this.#issued(invitation, token);
    });
  }

  /** Another link in place of the one before, for an invitation that is open. @throws ApiError 403, 404, 429 */
  resend(
    caller: Caller,
    account: AccountEntity,
    id: string,
    { byHand = false }: ResendInvitationRequest,
  ): Promise<IssuedInvitationResponse> {
    return this.database.change(async (change) => {
      const link = await this.links.prolongInvitation(change, account.id, id);
      if (link === null) throw notFound('invitation');
      await checkMayGiveRole(change, this.scopes, caller, account, link.role as Role);
      const mail = await this.#mail(change, link, byHand);
      // What is mailed gets its token when it is sent, and until then the one before is better than none.
      const renewed = mail === null ? await this.links.renew(change, id) : null;
      const invitation = invitationResponse(link, mail);
      await this.#record(change, caller, 'member.invitation_resent', invitation);
      return this.#issued(invitation, renewed?.token ?? null);
    });
  }

  /** Those that are open, oldest first. */
  async list(
    account: AccountEntity,
    { limit, after }: PageQuery,
  ): Promise<Page<InvitationResponse>> {
    const now = this.clock.now();
    const place = creationPlace(after);
    const links = await this.links.invitations(account.id, now, limit + 1, place);
    const mails = await this.mails.of(links);
    const show = (link: OneTimeLinkEntity) => invitationResponse(link, mails.get(link.id) ?? null);
    return pageOf(links, limit, show, creationCursor);
  }

  /** @throws ApiError 404 */
  revoke(caller: Caller, account: AccountEntity, id: string): Promise<void> {
    return this.database.change(async (change) => {
      const link = await this.links.revokeInvitation(change, account.id, id);
      if (link === null) throw notFound('invitation');
      await this.#record(
        change,
        caller,
        'member.invitation_revoked',
        invitationResponse(link, null),
      );
    });
  }

  async #checkIsNoMember(change: Change, account: AccountEntity, email: string): Promise<void> {
    const person = await this.people.findByEmail(email, change.manager);
    if (person === null) return;
    const members = await this.members.ofPerson(person.id, change.manager);
    if (members.some(({ accountId }) => accountId === account.id))
      throw conflict('This person is a member of the account already.', 'IS_MEMBER');
  }

  /** @returns `null` where the link is handed over */
  async #mail(
    change: Change,
    link: OneTimeLinkEntity,
    byHand: boolean,
  ): Promise<LinkMailEntity | null> {
    if (this.mails.isOn && !byHand) return this.mails.put(change, link);
    await this.mails.withdraw(change, link);
    return null;
  }

  /** With its link, where somebody has to hand that over. */
  #issued(invitation: InvitationResponse, token: string | null): IssuedInvitationResponse {
    if (invitation.mail !== null || token === null) return invitation;
    return { ...invitation, link: this.console.linkFor('invitation', token) };
  }

  #record(
    change: Change,
    { actor, callerIp }: Caller,
    action: string,
    { id, accountId, email, role, expiresAt, mail }: InvitationResponse,
  ): Promise<void> {
    return this.audit.append(change, {
      ...{ accountId, action, actor, callerIp },
      target: { type: 'invitation', id },
      after: { email, role, expiresAt, ...(mail !== null && { isMailed: true }) },
    });
  }
}

function invitationResponse(
  link: OneTimeLinkEntity,
  mail: LinkMailEntity | null,
): InvitationResponse {
  const { id, accountId, email, role, madeBy, createdAt, expiresAt } = link;
  return {
    ...{ id, accountId: accountId as string, email: email as string, role: role as Role },
    ...{ invitedBy: madeBy, createdAt: iso(createdAt), expiresAt: iso(expiresAt) },
    mail: mail && invitationMailResponse(mail),
  };
}
