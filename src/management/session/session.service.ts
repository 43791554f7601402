import { Inject, Injectable } from '@nestjs/common';
import type { SignedIn, Visit } from '../../access/guard/signed-in.js';
import { actingMember } from '../../core/acting-member.js';
import { subscriberOf } from '../../core/address-block.js';
import { AttemptLimit } from '../../core/attempt-limit.js';
import { foldedEmail } from '../../core/email-address.js';
import type { Clock, HeldMember } from '../../core/ports.js';
import { scopesOfRole } from '../../core/roles.js';
import { sessionEnd, type SessionTerms } from '../../core/session-life.js';
import { ApiError, notFound, tooManyAttempts } from '../../platform/errors/api-error.js';
import { iso } from '../../platform/http/times.js';
import { Passwords } from '../../platform/passwords/passwords.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import type { SessionEntity } from '../../store/entities/session.entity.js';
import { MembersStore } from '../../store/members.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { SessionsStore, type BegunSession } from '../../store/sessions.store.js';
import { CLOCK, SESSION_TERMS } from '../../store/tokens.js';
import type {
  ChangePasswordRequest,
  MembershipResponse,
  SessionResponse,
  SignInRequest,
  UpdateMembershipRequest,
  WhoAmIResponse,
} from './session.dto.js';

const minuteMs = 60_000;

/** Signing in and out, and what somebody sees of that. */
@Injectable()
export class SessionService {
  /** Ten passwords at once for one person, then one a minute; for a whole address three times as many, and six a minute. */
  readonly #perPerson = new AttemptLimit(10, minuteMs);
  readonly #perAddress = new AttemptLimit(30, minuteMs / 6);

  constructor(
    private readonly database: Database,
    private readonly people: PeopleStore,
    private readonly sessions: SessionsStore,
    private readonly members: MembersStore,
    private readonly audit: AuditTrailStore,
    private readonly trail: PersonTrail,
    private readonly passwords: Passwords,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SESSION_TERMS) private readonly terms: SessionTerms,
  ) {}

  /** The same answer, after the same time, whether the address is known or not. @throws ApiError 403, 429 */
  async signIn({ email, password }: SignInRequest, visit: Visit): Promise<BegunSession> {
    this.#countAttempt(email, visit);
    const person = await beforeAnyChange(this.people.findByEmail(email));
    const isRight = await this.passwords.matches(person?.passwordHash ?? null, password);
    if (person === null || !isRight) throw signInFailed();
    this.#giveAttemptBack(email, visit);
    return this.database.change(async (change) => {
      await this.#stillHas(change, person);
      return this.begin(change, person, visit);
    });
  }

  /**
   * Begins a session with a token of its own, and ends the one that the browser came with.
   *
   * @param person as it is in this change
   */
  async begin(change: Change, person: PersonEntity, visit: Visit): Promise<BegunSession> {
    const { callerIp, userAgent, token } = visit;
    if (token !== null) await this.sessions.endByToken(change, token);
    const begun = await this.sessions.begin(change, person.id, { ip: callerIp, userAgent });
    await this.trail.append(change, person, {
      ...{ action: 'person.signed_in', callerIp },
      after: { sessionId: begun.id, userAgent },
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
      const person = await this.#personOf(change, session.person.id);
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

  /** Ends every session of theirs, and begins another for the one who asks. @throws ApiError 403, 429 */
  async changePassword(
    { session, visit }: SignedIn,
    { currentPassword, newPassword }: ChangePasswordRequest,
  ): Promise<BegunSession> {
    this.#countAttempt(session.person.email, visit);
    const person = await beforeAnyChange(this.people.find(session.person.id));
    const isRight = await this.passwords.matches(person?.passwordHash ?? null, currentPassword);
    if (person === null || !isRight) throw signInFailed();
    this.#giveAttemptBack(person.email, visit);
    const passwordHash = await this.passwords.hash(newPassword);
    return this.database.change(async (change) => {
      await this.#stillHas(change, person);
      await this.people.setPassword(change, person.id, passwordHash);
      await this.sessions.endAll(change, person.id);
      const { callerIp } = visit;
      await this.trail.append(change, person, { action: 'person.password_changed', callerIp });
      return this.begin(change, person, { ...visit, token: null });
    });
  }

  #countAttempt(email: string, { callerIp }: Visit): void {
    const now = this.clock.now();
    const waitMs =
      this.#perAddress.take(subscriberOf(callerIp ?? ''), now) ??
      this.#perPerson.take(foldedEmail(email), now);
    if (waitMs !== null) throw tooManyAttempts(Math.ceil(waitMs / 1000));
  }

  /** Who is let in has not guessed. */
  #giveAttemptBack(email: string, { callerIp }: Visit): void {
    this.#perAddress.giveBack(subscriberOf(callerIp ?? ''));
    this.#perPerson.giveBack(foldedEmail(email));
  }

  /** While a password is compared, it may be changed: then it was the one before. @throws ApiError 403 */
  async #stillHas({ manager }: Change, { id, passwordHash }: PersonEntity): Promise<void> {
    const person = await this.people.find(id, manager);
    if (person?.passwordHash !== passwordHash) throw signInFailed();
  }

  async #end({ session, visit }: SignedIn, sessionId: string, action: string): Promise<void> {
    await this.database.change(async (change) => {
      const person = await this.#personOf(change, session.person.id);
      if (!(await this.sessions.end(change, person.id, sessionId))) throw notFound('session');
      await this.trail.append(change, person, {
        ...{ action, callerIp: visit.callerIp },
        after: { sessionId },
      });
    });
  }

  async #personOf({ manager }: Change, id: string): Promise<PersonEntity> {
    const person = await this.people.find(id, manager);
    if (person === null) throw new Error('Somebody is signed in who is not there.');
    return person;
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

function signInFailed(): ApiError {
  return new ApiError(
    'SIGN_IN_FAILED',
    'This e-mail address and this password do not belong together, or are not known here.',
  );
}
