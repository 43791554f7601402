import { Injectable } from '@nestjs/common';
import type { SignedIn, Visit } from '../../access/guard/signed-in.js';
import type { ChallengeUse } from '../../core/passkey-challenge.js';
import { challengeLifetimeMs } from '../../core/passkey-challenge.js';
import { ApiError, conflict, notFound } from '../../platform/errors/api-error.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { passkeyAlgorithms, readNewPasskey } from '../../platform/passwords/passkeys.js';
import { Database, type Change } from '../../store/database.js';
import type { PasskeyEntity } from '../../store/entities/passkey.entity.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import { PasskeysStore } from '../../store/passkeys.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { IdentityCheck } from './identity-check.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import type {
  AddPasskeyRequest,
  BeginPasskeyRequest,
  BegunPasskeyResponse,
  PasskeyResponse,
  PasskeysResponse,
} from './passkeys.dto.js';

/** One for each device, and a few that were forgotten. */
const passkeysMax = 20;

/** The passkeys of whoever is signed in. */
@Injectable()
export class PasskeysService {
  constructor(
    private readonly database: Database,
    private readonly passkeys: PasskeysStore,
    private readonly people: PeopleStore,
    private readonly challenges: PasskeyChallenges,
    private readonly identity: IdentityCheck,
    private readonly trail: PersonTrail,
  ) {}

  async list({ session: { person } }: SignedIn): Promise<PasskeysResponse> {
    const passkeys = await this.passkeys.list(person.id);
    return {
      results: passkeys.map(passkeyResponse),
      origin: this.challenges.party?.origin ?? null,
    };
  }

  /**
   * For who has shown once more that it is them: a session alone adds none, since it may be stolen, and a passkey outlasts it.
   *
   * @throws ApiError 403, 409, 429
   */
  async begin(signedIn: SignedIn, proof: BeginPasskeyRequest): Promise<BegunPasskeyResponse> {
    const { session, visit } = signedIn;
    const party = this.challenges.requireParty();
    const proven = await this.identity.byPassword(session.person.email, proof, visit);
    const { person } = proven;
    const kept = await this.database.change(async (change) => {
      await proven.hold(change);
      const before = await this.#kept(change, person);
      await this.trail.append(change, person, {
        ...{ action: 'person.passkey_begun', callerIp: visit.callerIp },
      });
      return before;
    });
    return {
      challenge: this.challenges.make(registeringIn(signedIn)),
      rp: { id: party.id, name: 'Latchkey' },
      user: { id: userHandleOf(person.id), name: person.email, displayName: person.name },
      pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: kept.map(({ credentialId: id, transports }) => ({
        ...{ id, type: 'public-key', transports },
      })),
      authenticatorSelection: {
        ...{ residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
      },
      ...{ attestation: 'none', timeout: challengeLifetimeMs },
    };
  }

  /** Sessions go on as they are. @throws ApiError 403, 409 */
  async add(
    signedIn: SignedIn,
    { name, transports = [], ...answer }: AddPasskeyRequest,
  ): Promise<PasskeyResponse> {
    const party = this.challenges.requireParty();
    const answered = await this.challenges.answeredBy(answer, registeringIn(signedIn));
    if (answered === null) throw addingFailed();
    const made = await readNewPasskey(answer, answered.challenge, party);
    if (made === null) throw addingFailed();
    const { session, visit } = signedIn;
    return this.database.change(async (change) => {
      const person = await this.people.signedIn(change, session.person.id);
      const kept = await this.#kept(change, person);
      // One that came of this challenge is younger than it: a challenge makes one passkey.
      if (kept.some(({ createdAt }) => createdAt >= answered.at)) throw addingFailed();
      if ((await this.passkeys.findByCredential(made.credentialId, change.manager)) !== null)
        throw conflict('This passkey is here already.', 'PASSKEY_KNOWN');
      const added = { ...made, personId: person.id, name, transports };
      const passkey = await this.passkeys.create(change, added);
      await this.#record(change, person, 'person.passkey_added', visit, {
        after: passkeyFacts(passkey),
      });
      return passkeyResponse(passkey);
    });
  }

  /** Sessions that it began go on. @throws ApiError 404 */
  remove({ session, visit }: SignedIn, id: string): Promise<void> {
    return this.database.change(async (change) => {
      const person = await this.people.signedIn(change, session.person.id);
      const passkey = await this.passkeys.remove(change, person.id, id);
      if (passkey === null) throw notFound('passkey');
      await this.#record(change, person, 'person.passkey_removed', visit, {
        before: passkeyFacts(passkey),
      });
    });
  }

  /** Those that there are, where there is room for another. @throws ApiError 409 */
  async #kept({ manager }: Change, { id }: PersonEntity): Promise<PasskeyEntity[]> {
    const kept = await this.passkeys.list(id, manager);
    if (kept.length < passkeysMax) return kept;
    throw conflict(
      `You have ${passkeysMax} passkeys. Remove one that you do not use.`,
      'TOO_MANY_PASSKEYS',
    );
  }

  #record(
    change: Change,
    person: PersonEntity,
    action: string,
    { callerIp }: Visit,
    facts: { readonly before?: object; readonly after?: object },
  ): Promise<void> {
    return this.trail.append(change, person, { action, callerIp, ...facts });
  }
}

/** What an authenticator knows somebody by, in base64url. It says nothing of them (WebAuthn Level 3 §14.6.1). */
export function userHandleOf(personId: string): string {
  return Buffer.from(personId).toString('base64url');
}

function registeringIn({ session: { id: sessionId, person } }: SignedIn): ChallengeUse {
  return { purpose: 'register', personId: person.id, sessionId };
}

function passkeyFacts({ id: passkeyId, name, isSynced }: PasskeyEntity): object {
  return { passkeyId, name, isSynced };
}

function passkeyResponse({
  id,
  name,
  isSynced,
  createdAt,
  lastUsedAt,
}: PasskeyEntity): PasskeyResponse {
  return { id, name, isSynced, createdAt: iso(createdAt), lastUsedAt: isoOrNull(lastUsedAt) };
}

function addingFailed(): ApiError {
  return new ApiError(
    'PASSKEY_FAILED',
    'What the browser answered is no passkey for this, or it came too late. Begin again.',
  );
}
