import { Injectable } from '@nestjs/common';
import type { Visit } from '../../access/guard/signed-in.js';
import { challengeLifetimeMs } from '../../core/passkey-challenge.js';
import { ApiError } from '../../platform/errors/api-error.js';
import { readPasskeyAnswer, type PasskeyState } from '../../platform/passwords/passkeys.js';
import { Database } from '../../store/database.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import type { PasskeyEntity } from '../../store/entities/passkey.entity.js';
import { PasskeysStore, type SignedAnswer } from '../../store/passkeys.store.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import type { BegunSession } from '../../store/sessions.store.js';
import { PasskeyChallenges } from './passkey-challenges.js';
import type { PasskeyWayResponse, SignInWithPasskeyRequest } from './passkeys.dto.js';
import { userHandleOf } from './passkeys.service.js';
import { SessionService } from './session.service.js';
import { SignInAttempts } from './sign-in-attempts.js';

/** Signing in with a passkey, which is both factors at once: no password is asked for, and no code. */
@Injectable()
export class PasskeySignInService {
  constructor(
    private readonly database: Database,
    private readonly passkeys: PasskeysStore,
    private readonly people: PeopleStore,
    private readonly challenges: PasskeyChallenges,
    private readonly attempts: SignInAttempts,
    private readonly signIn: SessionService,
    private readonly trail: PersonTrail,
  ) {}

  /** Where one can be used, and what it is asked to sign. Nothing is kept of it. */
  way(): PasskeyWayResponse {
    const { party } = this.challenges;
    const challenge = party && this.challenges.make({ purpose: 'sign_in' });
    const timeoutMs = challengeLifetimeMs;
    return { origin: party?.origin ?? null, rpId: party?.id ?? null, challenge, timeoutMs };
  }

  /**
   * The same answer whether the passkey is not known or its signature is wrong.
   *
   * @throws ApiError 403, 409 where there are no passkeys, 429
   */
  async enter(request: SignInWithPasskeyRequest, visit: Visit): Promise<BegunSession> {
    this.challenges.requireParty();
    const { passkey, answer } = await this.attempts.ofAddress(visit, () =>
      this.#check(request, visit),
    );
    return this.database.change(async (change) => {
      if (!(await this.passkeys.accept(change, passkey.id, answer))) throw signInFailed();
      const person = await this.people.find(passkey.personId, change.manager);
      if (person === null) throw new Error('A passkey is of nobody.');
      return this.signIn.begin(change, person, visit, 'passkey');
    });
  }

  /** @throws ApiError 403, 409 */
  async #check(
    request: SignInWithPasskeyRequest,
    visit: Visit,
  ): Promise<{ readonly passkey: PasskeyEntity; readonly answer: SignedAnswer }> {
    const party = this.challenges.requireParty();
    const answered = await this.challenges.answeredBy(request, { purpose: 'sign_in' });
    if (answered === null) throw signInFailed();
    const passkey = await beforeAnyChange(this.passkeys.findByCredential(request.id));
    if (passkey === null || !isOf(passkey, request)) throw signInFailed();
    const { challenge, at: challengeAt } = answered;
    const state = await readPasskeyAnswer(request, challenge, party, passkey.publicKey);
    if (state === null || challengeAt <= passkey.lastChallengeAt) throw signInFailed();
    const answer = { ...state, challengeAt };
    if (!goesOn(passkey, state)) throw await this.#counterFailed(passkey, answer, visit);
    return { passkey, answer };
  }

  /**
   * A counter that goes back says that there are two who count: a copy of the passkey's key is in use. Its owner, and their admins,
   * find that on the trail, once for each signature.
   */
  async #counterFailed(
    { id, name, personId, counter: lastCounter }: PasskeyEntity,
    { challengeAt, counter }: SignedAnswer,
    { callerIp }: Visit,
  ): Promise<ApiError> {
    await this.database.change(async (change) => {
      if (!(await this.passkeys.refuse(change, id, challengeAt))) throw signInFailed();
      const person = await this.people.find(personId, change.manager);
      if (person === null) throw new Error('A passkey is of nobody.');
      await this.trail.append(change, person, {
        ...{ action: 'person.passkey_counter_refused', callerIp },
        after: { passkeyId: id, name, counter, lastCounter },
      });
    });
    return signInFailed();
  }
}

/** An authenticator that says whose it is has to mean the same person. */
function isOf({ personId }: PasskeyEntity, { userHandle }: SignInWithPasskeyRequest): boolean {
  return userHandle === undefined || userHandle === userHandleOf(personId);
}

/** Many count nothing, which they say by a 0 (WebAuthn Level 3 §6.1.1). */
function goesOn(before: PasskeyEntity, { counter }: PasskeyState): boolean {
  return counter > before.counter || (counter === 0 && before.counter === 0);
}

function signInFailed(): ApiError {
  return new ApiError(
    'PASSKEY_FAILED',
    'This passkey is not known here, or what it answered cannot be accepted. Try again, or sign in with your password.',
  );
}
