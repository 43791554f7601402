import { Inject, Injectable } from '@nestjs/common';
import type { SignedIn, Visit } from '../../access/guard/signed-in.js';
import { actingMember } from '../../core/acting-member.js';
import type { Clock, HeldMember } from '../../core/ports.js';
import { scopesOfRole } from '../../core/roles.js';
import { sessionEnd, type SessionTerms } from '../../core/session-life.js';
import { notFound } from '../../platform/errors/api-error.js';
import { AccessAddress } from '../../platform/http/access-address.js';
import { iso } from '../../platform/http/times.js';
import { Passwords } from '../../platform/passwords/passwords.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import type { SessionEntity } from '../../store/entities/session.entity.js';
import { MembersStore } from '../../store/members.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { SessionsStore, type BegunSession } from '../../store/sessions.store.js';
import { CLOCK, SESSION_TERMS } from '../../store/tokens.js';
import { IdentityCheck, type ShownFactor } from './identity-check.js';
import type {
  ChangePasswordRequest,
  MembershipResponse,
  SessionResponse,
  SignInRequest,
  UpdateMembershipRequest,
  WhoAmIResponse,
} from './session.dto.js';

/** Signing in and out, and what somebody sees of that. */
@Injectable()
export class SessionService {
  constructor(
    private readonly database: Database,
    private readonly people: PeopleStore,
    private readonly sessions: SessionsStore,
    private readonly members: MembersStore,
    private readonly audit: AuditTrailStore,
    private readonly trail: PersonTrail,
    private readonly passwords: Passwords,
    private readonly identity: IdentityCheck,
    private readonly access: AccessAddress,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SESSION_TERMS) private readonly terms: SessionTerms,
  ) {}

  /** @throws ApiError 403, 429 */
  async signIn({ email, ...proof }: SignInRequest, visit: Visit): Promise<BegunSession> {
    const proven = await this.identity.byPassword(email, proof, visit);
    return this.database.change(async (change) => {
      await proven.hold(change);
      return this.begin(change, proven.person, visit, proven.factor);
    });
  }

  /**
   * Begins a session with a token of its own, and ends the one that the browser came with.
   *
   * @param person as it is in this change
   * @param factor what was shown beside the password just now, or in its place
   */
  async begin(
    change: Change,
    person: PersonEntity,
    visit: Visit,
    factor: ShownFactor | 'passkey' | null = null,
  ): Promise<BegunSession> {
    const { callerIp, userAgent, token } = visit;
    if (token !== null) await this.sessions.endByToken(change, token);
    const begun = await this.sessions.begin(change, person.id, { ip: callerIp, userAgent });
    await this.trail.append(change, person, {
      ...{ action: 'person.signed_in', callerIp },
      after: { sessionId: begun.id, userAgent, secondFactor: factor },
    });
    return begun;
  }

  whoAmI({ session, accountId, visit }: SignedIn): WhoAmIResponse {
    const { id, person, members } = session;
    const current = actingMember(members, accountId);
    return {
      person: { ...person },
      session: { id, startedAt: iso(session.startedAt), expiresAt: iso(session.expiresAt) },
      memberships: members.map(membershipResponse),
      current: current && membershipResponse(current),
      callerIp: visit.callerIp,
      accessUrl: this.access.url,
    };
  }

  /** What somebody sets for themselves in one of their accounts. Asking for what is so changes nothing. @throws ApiError 404 */
  async updateMembership(
    { session: { person, members }, visit }: SignedIn,
    memberId: string,
    { getsNoticeEmails }: UpdateMembershipRequest,
  ): Promise<MembershipResponse> {
    const held = members.find(({ id }) => id === memberId);
    if (held === undefined) throw notFound('membership');
    await this.database.change(async (change) => {
      const before = await this.members.setGetsNoticeEmails(
        ...([change, person.id, memberId, getsNoticeEmails] as const),
      );
      // They may have been removed since they asked.
      if (before === null) throw notFound('membership');
      if (before.getsNoticeEmails === getsNoticeEmails) return;
      await this.audit.append(change, {
        ...{ accountId: before.accountId, action: 'member.notice_emails_set' },
        actor: { kind: 'member', id: memberId, name: person.name },
        ...{ callerIp: visit.callerIp, target: { type: 'member', id: memberId } },
        before: { getsNoticeEmails: before.getsNoticeEmails },
        after: { getsNoticeEmails },
      });
    });
    return membershipResponse({ ...held, getsNoticeEmails });
  }

  signOut(signedIn: SignedIn): Promise<void> {
    return this.#end(signedIn, signedIn.session.id, 'person.signed_out');
  }

  /** @throws ApiError 404 */
  async end(signedIn: SignedIn, sessionId: string): Promise<void> {
    await this.#end(signedIn, sessionId, 'person.session_ended');
  }

  async endOthers({ session, visit }: SignedIn): Promise<number> {
    return this.database.change(async (change) => {
      const person = await this.people.signedIn(change, session.person.id);
      const ended = await this.sessions.endAll(change, person.id, session.id);
      if (ended > 0)
        await this.trail.append(change, person, {
          ...{ action: 'person.sessions_ended', callerIp: visit.callerIp },
          after: { ended },
        });
      return ended;
    });
  }

  async list({ session }: SignedIn): Promise<SessionResponse[]> {
    const sessions = await this.sessions.lasting(session.person.id, this.clock.now());
    return sessions.map((each) => this.#show(each, session.id));
  }

  /**
   * Ends every session of theirs, and begins another for the one who asks. Where there is a second factor, its code is asked for as well.
   *
   * @throws ApiError 403, 429
   */
  async changePassword(
    { session, visit }: SignedIn,
    { currentPassword, newPassword, code }: ChangePasswordRequest,
  ): Promise<BegunSession> {
    const { email } = session.person;
    const proven = await this.identity.byPassword(
      email,
      { password: currentPassword, code },
      visit,
    );
    const passwordHash = await this.passwords.hash(newPassword);
    return this.database.change(async (change) => {
      const { person, factor } = proven;
      await proven.hold(change);
      await this.people.setPassword(change, person.id, passwordHash);
      await this.sessions.endAll(change, person.id);
      const { callerIp } = visit;
      await this.trail.append(change, person, { action: 'person.password_changed', callerIp });
      return this.begin(change, person, { ...visit, token: null }, factor);
    });
  }

  async #end({ session, visit }: SignedIn, sessionId: string, action: string): Promise<void> {
    await this.database.change(async (change) => {
      const person = await this.people.signedIn(change, session.person.id);
      if (!(await this.sessions.end(change, person.id, sessionId))) throw notFound('session');
      await this.trail.append(change, person, {
        ...{ action, callerIp: visit.callerIp },
        after: { sessionId },
      });
    });
  }

  #show(session: SessionEntity, currentId: string): SessionResponse {
    const { id, ip, userAgent } = session;
    return {
      ...{ id, startedAt: iso(session.createdAt), lastUsedAt: iso(session.lastUsedAt) },
      ...{ expiresAt: iso(sessionEnd(session, this.terms)), ip, userAgent },
      isCurrent: id === currentId,
    };
  }
}

function membershipResponse({
  id,
  role,
  getsNoticeEmails,
  account,
}: HeldMember): MembershipResponse {
  const { name, isOperator, suspended } = account;
  return {
    memberId: id,
    account: { id: account.id, name, state: suspended ? 'suspended' : 'active', isOperator },
    role,
    scopes: [...scopesOfRole(role, account)],
    getsNoticeEmails,
  };
}
