import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
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
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { MemberEntity } from '../../store/entities/member.entity.js';
import { MembersStore, type MemberRecord } from '../../store/members.store.js';
import { NoticeDeliveriesStore } from '../../store/notice-deliveries.store.js';
import { OneTimeLinksStore } from '../../store/one-time-links.store.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { SessionsStore } from '../../store/sessions.store.js';
import type { MemberResponse, RecoveryLinkResponse } from './members.dto.js';
import { MemberBehind } from './member-behind.js';
import { checkMayGiveRole } from './role-giving.js';

@Injectable()
export class MembersService {
  constructor(
    private readonly database: Database,
    private readonly members: MembersStore,
    private readonly sessions: SessionsStore,
    private readonly deliveries: NoticeDeliveriesStore,
    private readonly links: OneTimeLinksStore,
    private readonly maker: MemberBehind,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
    private readonly console: ConsoleAddress,
  ) {}

  async list(account: AccountEntity, { limit, after }: PageQuery): Promise<Page<MemberResponse>> {
    const records = await this.members.list(account.id, limit + 1, creationPlace(after));
    return pageOf(records, limit, memberResponse, ({ member }) => creationCursor(member));
  }

  async read(account: AccountEntity, id: string): Promise<MemberResponse> {
    const record = await this.members.find(account.id, id);
    if (record === null) throw notFound('member');
    return memberResponse(record);
  }

  /** Asking for the role that somebody has changes nothing. @throws ApiError 403, 404, 409 */
  setRole(
    caller: Caller,
    account: AccountEntity,
    id: string,
    role: Role,
    ifMatch: string | undefined,
  ): Promise<MemberResponse> {
    return this.database.change(async (change) => {
      const record = await this.#find(change, account, id);
      const { member } = record;
      requireMatch(ifMatch, member.revision);
      if (member.role === role) return memberResponse(record);
      await checkMayGiveRole(change, this.scopes, caller, account, role);
      await this.#checkIsNotLastAdmin(change, member);
      const after = { ...record, member: await this.members.setRole(change, id, role) };
      // Whoever made one could hand out the role that they had; the one they get may be more.
      await this.links.revokeOpen(change, { purpose: 'recovery', personId: record.person.id });
      await this.#record(change, caller, account, 'member.role_changed', record, after);
      return memberResponse(after);
    });
  }

  /**
   * Their sessions go on where they are a member of other accounts, and open this one no longer. Notices that were not sent to them
   * yet are not sent.
   *
   * @throws ApiError 404, 409
   */
  remove(
    caller: Caller,
    account: AccountEntity,
    id: string,
    ifMatch: string | undefined,
  ): Promise<void> {
    return this.database.change(async (change) => {
      const record = await this.#find(change, account, id);
      const { member, person } = record;
      requireMatch(ifMatch, member.revision);
      await this.#checkIsNotLastAdmin(change, member);
      await this.members.remove(change, id);
      await this.deliveries.giveUpOf(change, id);
      const isLeftOver = (await this.members.ofPerson(person.id, change.manager)).length === 0;
      if (isLeftOver) await this.sessions.endAll(change, person.id);
      await this.#record(change, caller, account, 'member.removed', record, null);
    });
  }

  /** Signs somebody out everywhere: a session is a person's, and not an account's. */
  endSessions(caller: Caller, account: AccountEntity, id: string): Promise<number> {
    return this.database.change(async (change) => {
      const { member, person } = await this.#find(change, account, id);
      const ended = await this.sessions.endAll(change, person.id);
      const { actor, callerIp } = caller;
      await this.audit.append(change, {
        ...{ accountId: account.id, action: 'member.sessions_ended', actor, callerIp },
        target: { type: 'member', id: member.id },
        after: { ended },
      });
      return ended;
    });
  }

  /**
   * A link by which a member sets a new password. Whoever has it is that person, in every account they are a member of: outside of
   * the operator's hands it is made only for who is nowhere else. Nobody makes one for themselves: a session that was stolen could.
   *
   * @throws ApiError 403, 404, 409
   */
  makeRecoveryLink(
    caller: Caller,
    account: AccountEntity,
    id: string,
  ): Promise<RecoveryLinkResponse> {
    return this.database.change(async (change) => {
      const { member, person } = await this.#find(change, account, id);
      const memberships = await this.members.ofPerson(person.id, change.manager);
      if (await this.maker.isOf(change, caller, memberships))
        throw conflict(
          'This is your own password. Change it with the one that you have, or ask somebody else for a link.',
          'OWN_RECOVERY_LINK',
        );
      if (memberships.length > 1 && !caller.isOperator)
        throw conflict(
          'This person is a member of other accounts as well, which the link would open. The operator can make it.',
          'MEMBER_ELSEWHERE',
        );
      await checkMayGiveRole(change, this.scopes, caller, account, member.role);
      const { actor, callerIp } = caller;
      await this.links.revokeOpen(change, { purpose: 'recovery', personId: person.id });
      const { link, token } = await this.links.make(change, {
        ...{ purpose: 'recovery', personId: person.id, madeBy: actor },
        ...{ accountId: null, role: null, email: null },
      });
      await this.audit.append(change, {
        ...{ accountId: account.id, action: 'member.recovery_link_made', actor, callerIp },
        target: { type: 'member', id: member.id },
        after: { linkId: link.id, expiresAt: iso(link.expiresAt) },
      });
      return {
        link: this.console.linkFor('recovery', token),
        expiresAt: iso(link.expiresAt),
      };
    });
  }

  async #find(change: Change, account: AccountEntity, id: string): Promise<MemberRecord> {
    const record = await this.members.find(account.id, id, change.manager);
    if (record === null) throw notFound('member');
    return record;
  }

  /** Without an admin nobody of the account could let anybody in again. @throws ApiError 409 */
  async #checkIsNotLastAdmin(change: Change, { accountId, role }: MemberEntity): Promise<void> {
    if (role !== 'admin' || (await this.members.countAdmins(change, accountId)) > 1) return;
    throw conflict('This is the last admin of the account. Make another one first.', 'LAST_ADMIN');
  }

  #record(
    change: Change,
    { actor, callerIp }: Caller,
    account: AccountEntity,
    action: string,
    before: MemberRecord,
    after: MemberRecord | null,
  ): Promise<void> {
    return this.audit.append(change, {
      ...{ accountId: account.id, action, actor, callerIp },
      target: { type: 'member', id: before.member.id },
      before: memberFacts(before),
      ...(after && { after: memberFacts(after) }),
    });
  }
}

function memberFacts({ member, person }: MemberRecord): object {
  return { personId: person.id, name: person.name, email: person.email, role: member.role };
}

function memberResponse({
  member,
  person,
  lastSeenAt,
  hasSecondFactor,
  hasPasskeys,
}: MemberRecord): MemberResponse {
  const { id, accountId, role, createdAt, revision } = member;
  const { name, email } = person;
  const answer: MemberResponse = {
    ...{ id, accountId, person: { id: person.id, name, email }, role },
    ...{ createdAt: iso(createdAt), lastSeenAt: isoOrNull(lastSeenAt) },
    ...{ hasSecondFactor, hasPasskeys },
  };
  return withRevision(answer, revision);
}
