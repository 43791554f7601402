import { Inject, Injectable } from '@nestjs/common';
import type { SignedIn, Visit } from '../../access/guard/signed-in.js';
import { foldedEmail } from '../../core/email-address.js';
import { isLinkOpen } from '../../core/one-time-link.js';
import type { Clock } from '../../core/ports.js';
import type { Role } from '../../core/roles.js';
import {
  conflict,
  invalidField,
  notFound,
  type ApiError,
} from '../../platform/errors/api-error.js';
import { iso } from '../../platform/http/times.js';
import { Passwords } from '../../platform/passwords/passwords.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import type { OneTimeLinkEntity } from '../../store/entities/one-time-link.entity.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import { MembersStore } from '../../store/members.store.js';
import { OneTimeLinksStore } from '../../store/one-time-links.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { SecondFactorsStore } from '../../store/second-factors.store.js';
import { SessionsStore, type BegunSession } from '../../store/sessions.store.js';
import { CLOCK } from '../../store/tokens.js';
import { IdentityCheck, type ProvenPerson } from './identity-check.js';
import type { LinkResponse, UseLinkRequest } from './links.dto.js';
import { SessionService } from './session.service.js';

/** Links that can be used once. Whoever has one has been let in by somebody who may: nothing else is asked of them. */
@Injectable()
export class LinksService {
  constructor(
    private readonly database: Database,
    private readonly links: OneTimeLinksStore,
    private readonly people: PeopleStore,
    private readonly members: MembersStore,
    private readonly sessions: SessionsStore,
    private readonly accounts: AccountsStore,
    private readonly audit: AuditTrailStore,
    private readonly trail: PersonTrail,
    private readonly passwords: Passwords,
    private readonly factors: SecondFactorsStore,
    private readonly identity: IdentityCheck,
    private readonly signIn: SessionService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws ApiError 404 for one that cannot be used, whyever */
  async read(token: string): Promise<LinkResponse> {
    const link = await this.#open(token);
    const { purpose, role, expiresAt } = link;
    const account = link.accountId === null ? null : await this.accounts.find(link.accountId);
    const person = await this.#personOf(link);
    const isRecovered = person !== null && purpose === 'recovery';
    return {
      ...{ purpose, role, expiresAt: iso(expiresAt), isKnown: person !== null },
      asksForCode: isRecovered && (await this.factors.findOn(person.id)) !== null,
      account: account && { id: account.id, name: account.name },
      email: link.email ?? person?.email ?? null,
    };
  }

  /** Uses a link by which somebody gets a password, and signs them in. @throws ApiError 400, 404, 409 */
  async use(request: UseLinkRequest, visit: Visit): Promise<BegunSession> {
    const link = await this.#open(request.token);
    checkFields(link, request);
    const recovered = link.purpose === 'recovery' ? await this.#prove(link, request, visit) : null;
    const passwordHash = await this.passwords.hash(request.password);
    return this.database.change(async (change) => {
      await this.#take(change, link);
      if (recovered !== null) {
        await this.#recover(change, recovered, passwordHash, visit);
        return this.signIn.begin(change, recovered.person, visit, recovered.factor);
      }
      const person = await this.#admit(change, link, { ...request, passwordHash }, visit);
      return this.signIn.begin(change, person, visit);
    });
  }

  /** Uses a link by which somebody who is signed in becomes a member. @throws ApiError 404, 409 */
  async join({ session, visit }: SignedIn, token: string): Promise<void> {
    const link = await this.#open(token);
    if (link.purpose === 'recovery') throw notOpen();
    if (link.email !== null && foldedEmail(link.email) !== foldedEmail(session.person.email))
      throw conflict('This invitation is for another e-mail address.', 'FOR_ANOTHER');
    await this.database.change(async (change) => {
      await this.#take(change, link);
      const person = await this.people.signedIn(change, session.person.id);
      await this.#enter(change, link, person, visit);
    });
  }

  /** @throws ApiError 404 */
  async #open(token: string): Promise<OneTimeLinkEntity> {
    const link = await beforeAnyChange(this.links.findByToken(token));
    if (link === null || !isLinkOpen(link, this.clock.now())) throw notOpen();
    return link;
  }

  /** Of two who use it at once, one does. @throws ApiError 404 */
  async #take(change: Change, { id }: OneTimeLinkEntity): Promise<void> {
    if (!(await this.links.use(change, id))) throw notOpen();
  }

  #personOf({ personId, email }: OneTimeLinkEntity): Promise<PersonEntity | null> {
    if (personId !== null) return this.people.find(personId);
    return email === null ? Promise.resolve(null) : this.people.findByEmail(email);
  }

  /** The link is as good as the password, and stands in for no second factor. @throws ApiError 403, 404, 429 */
  async #prove(
    { personId }: OneTimeLinkEntity,
    { code }: UseLinkRequest,
    visit: Visit,
  ): Promise<ProvenPerson> {
    const person = await beforeAnyChange(this.people.find(personId ?? ''));
    if (person === null) throw notOpen();
    return this.identity.byCode(person, code, visit);
  }

  async #recover(
    change: Change,
    { person, hold }: ProvenPerson,
    passwordHash: string,
    { callerIp }: Visit,
  ): Promise<void> {
    await hold(change);
    await this.people.setPassword(change, person.id, passwordHash);
    await this.sessions.endAll(change, person.id);
    await this.trail.append(change, person, { action: 'person.password_recovered', callerIp });
  }

  async #admit(
    change: Change,
    link: OneTimeLinkEntity,
    { email: given, name, passwordHash }: UseLinkRequest & { readonly passwordHash: string },
    visit: Visit,
  ): Promise<PersonEntity> {
    const email = link.email ?? given;
    if (email === undefined || name === undefined) throw new Error('The fields were checked.');
    if ((await this.people.findByEmail(email, change.manager)) !== null)
      throw conflict(
        'There is somebody with this e-mail address already. Sign in, and use the link then.',
        'SIGN_IN_FIRST',
      );
    const person = await this.people.create(change, { email, name, passwordHash });
    await this.#enter(change, link, person, visit);
    return person;
  }

  async #enter(
    change: Change,
    { id: linkId, accountId, role }: OneTimeLinkEntity,
    { id: personId, name, email }: PersonEntity,
    { callerIp }: Visit,
  ): Promise<void> {
    const [into, as] = [accountId, role] as [string, Role];
    const member = await this.members.create(change, into, personId, as);
    if (member === null) throw conflict('You are a member of this account already.', 'IS_MEMBER');
    // Whoever made one may not let them into this account, or not as that.
    await this.links.revokeOpen(change, { purpose: 'recovery', personId });
    await this.audit.append(change, {
      ...{ accountId: into, action: 'member.joined', callerIp },
      actor: { kind: 'member', id: member.id, name },
      target: { type: 'member', id: member.id },
      after: { personId, name, email, role: as, linkId },
    });
  }
}

/** @throws ApiError 400 */
function checkFields({ purpose }: OneTimeLinkEntity, request: UseLinkRequest): void {
  const { email, name, code } = request;
  const isNew = purpose !== 'recovery';
  if (isNew && code !== undefined) throw stray('code');
  if (isNew && name === undefined) throw invalidField('name', 'name must be given.');
  if (!isNew && name !== undefined) throw stray('name');
  if (purpose === 'set_up' && email === undefined)
    throw invalidField('email', 'email must be given.');
  if (purpose !== 'set_up' && email !== undefined) throw stray('email');
}

function stray(field: string): ApiError {
  return invalidField(field, `${field} does not go with such a link.`);
}

function notOpen(): ApiError {
  return notFound('link, or it was used or has ended. Ask for another one');
}
