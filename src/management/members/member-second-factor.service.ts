import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { conflict, notFound } from '../../platform/errors/api-error.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { MembersStore } from '../../store/members.store.js';
import { PasskeysStore } from '../../store/passkeys.store.js';
import { ScopesStore } from '../../store/scopes.store.js';
import { SecondFactorsStore } from '../../store/second-factors.store.js';
import { SessionsStore } from '../../store/sessions.store.js';
import { MemberBehind } from './member-behind.js';
import { checkMayGiveRole } from './role-giving.js';

/** The second factor of a member who has lost it. Passkeys go along: they may lie on the phone that was lost. */
@Injectable()
export class MemberSecondFactorService {
  constructor(
    private readonly database: Database,
    private readonly members: MembersStore,
    private readonly maker: MemberBehind,
    private readonly factors: SecondFactorsStore,
    private readonly passkeys: PasskeysStore,
    private readonly sessions: SessionsStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
  ) {}

  /**
   * It is a person's, in every account they are a member of, so the rule is that of a recovery link: outside of the operator's hands it
   * is reset only for who is nowhere else. Nobody resets their own, by a key of theirs either: a session that was stolen could.
   *
   * @throws ApiError 403, 404, 409
   */
  reset(caller: Caller, account: AccountEntity, id: string): Promise<void> {
    return this.database.change(async (change) => {
      const record = await this.members.find(account.id, id, change.manager);
      if (record === null) throw notFound('member');
      const { member, person } = record;
      const memberships = await this.members.ofPerson(person.id, change.manager);
      if (await this.maker.isOf(change, caller, memberships))
        throw conflict(
          'This is your own second factor. Turn it off with your password and a code, and remove your passkeys one by one.',
          'OWN_SECOND_FACTOR',
        );
      if (memberships.length > 1 && !caller.isOperator)
        throw conflict(
          'This person is a member of other accounts as well, which their password would open alone. The operator can reset it.',
          'MEMBER_ELSEWHERE',
        );
      await checkMayGiveRole(change, this.scopes, caller, account, member.role);
      const hadFactor = await this.factors.turnOff(change, person.id);
      const passkeysRemoved = await this.passkeys.removeAll(change, person.id);
      if (!hadFactor && passkeysRemoved === 0) throw notFound('second factor, nor a passkey');
      const ended = await this.sessions.endAll(change, person.id);
      const { actor, callerIp } = caller;
      for (const { id: memberId, accountId } of memberships)
        await this.audit.append(change, {
          ...{ accountId, action: 'member.second_factor_reset', actor, callerIp },
          target: { type: 'member', id: memberId },
          after: { sessionsEnded: ended, passkeysRemoved },
        });
    });
  }
}
