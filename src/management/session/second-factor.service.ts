import { Inject, Injectable } from '@nestjs/common';
import type { SignedIn, Visit } from '../../access/guard/signed-in.js';
import type { Clock } from '../../core/ports.js';
import { conflict, type ApiError } from '../../platform/errors/api-error.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import {
  authenticatorUri,
  newAuthenticatorSecret,
  readAuthenticatorCode,
  stepOfCode,
} from '../../platform/passwords/authenticator.js';
import { Database, type Change } from '../../store/database.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import type { SecondFactorEntity } from '../../store/entities/second-factor.entity.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { RecoveryCodesStore } from '../../store/recovery-codes.store.js';
import { SecondFactorsStore } from '../../store/second-factors.store.js';
import { SessionsStore, type BegunSession } from '../../store/sessions.store.js';
import { CLOCK } from '../../store/tokens.js';
import { IdentityCheck, secondFactorFailed, type ProvenPerson } from './identity-check.js';
import type {
  BegunSecondFactorResponse,
  ConfirmSecondFactorRequest,
  ProofRequest,
  SecondFactorResponse,
} from './second-factor.dto.js';
import { SessionService } from './session.service.js';
import { SignInAttempts } from './sign-in-attempts.js';

/** For how long a secret waits for the first code of its app. */
const confirmWithinMs = 30 * 60_000;

/** Recovery codes at the only moment at which they are known, and the session that goes on. */
export interface TurnedOn {
  readonly recoveryCodes: string[];
  readonly session: BegunSession;
}

/** What somebody does with the second factor of their own sign-in. */
@Injectable()
export class SecondFactorService {
  constructor(
    private readonly database: Database,
    private readonly people: PeopleStore,
    private readonly factors: SecondFactorsStore,
    private readonly recoveryCodes: RecoveryCodesStore,
    private readonly sessions: SessionsStore,
    private readonly trail: PersonTrail,
    private readonly identity: IdentityCheck,
    private readonly attempts: SignInAttempts,
    private readonly signIn: SessionService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async read({ session: { person } }: SignedIn): Promise<SecondFactorResponse> {
    const factor = await this.factors.findOn(person.id);
    return {
      isOn: factor !== null,
      turnedOnAt: isoOrNull(factor?.confirmedAt ?? null),
      recoveryCodesLeft: await this.recoveryCodes.count(person.id),
    };
  }

  /** Makes a secret for an app, in the place of one that was never confirmed. Signing in is as before. @throws ApiError 409 */
  begin({ session, visit }: SignedIn): Promise<BegunSecondFactorResponse> {
    return this.database.change(async (change) => {
      const person = await this.people.signedIn(change, session.person.id);
      if ((await this.factors.findOn(person.id, change.manager)) !== null) throw isOnAlready();
      const secret = newAuthenticatorSecret();
      await this.factors.begin(change, person.id, secret);
      await this.#record(change, person, 'person.second_factor_begun', visit);
      return {
        ...{ secret, uri: authenticatorUri(secret, person.email) },
        expiresAt: iso(change.now + confirmWithinMs),
      };
    });
  }

  /**
   * Turns it on, for who has their password and an app that knows the secret. Every session of theirs is ended, and another begun for
   * the one who asks.
   *
   * @throws ApiError 403, 409, 429
   */
  async confirm(
    { session: { person: signedIn }, visit }: SignedIn,
    { password, code }: ConfirmSecondFactorRequest,
  ): Promise<TurnedOn> {
    const factor = await this.#begun(signedIn.id);
    const proven = await this.identity.byPassword(signedIn.email, { password }, visit);
    const step = await this.attempts.within(signedIn.email, visit, () =>
      this.#stepOf(factor, code),
    );
    return this.database.change(async (change) => {
      await proven.hold(change);
      if (!(await this.factors.confirm(change, factor.id, step))) throw notBegun();
      const { person } = proven;
      const recoveryCodes = await this.recoveryCodes.replace(change, person.id);
      const action = 'person.second_factor_turned_on';
      return {
        recoveryCodes,
        session: await this.#beginAnew(change, { person, factor: 'code' }, action, visit),
      };
    });
  }

  /** Ten new ones, in the place of those that there are. @throws ApiError 403, 409, 429 */
  async makeRecoveryCodes({ session, visit }: SignedIn, proof: ProofRequest): Promise<string[]> {
    const proven = await this.identity.byPassword(session.person.email, proof, visit);
    if (proven.factor === null) throw isOff();
    return this.database.change(async (change) => {
      await proven.hold(change);
      const codes = await this.recoveryCodes.replace(change, proven.person.id);
      await this.#record(change, proven.person, 'person.recovery_codes_made', visit);
      return codes;
    });
  }

  /** A password is enough again. Sessions end as when it is turned on. @throws ApiError 403, 409, 429 */
  async turnOff({ session, visit }: SignedIn, proof: ProofRequest): Promise<BegunSession> {
    const proven = await this.identity.byPassword(session.person.email, proof, visit);
    if (proven.factor === null) throw isOff();
    return this.database.change(async (change) => {
      await proven.hold(change);
      await this.factors.turnOff(change, proven.person.id);
      return this.#beginAnew(change, proven, 'person.second_factor_turned_off', visit);
    });
  }

  /** @throws ApiError 409 */
  async #begun(personId: string): Promise<SecondFactorEntity> {
    const factor = await beforeAnyChange(this.factors.find(personId));
    if (factor?.confirmedAt) throw isOnAlready();
    if (factor === null || this.clock.now() >= factor.createdAt + confirmWithinMs) throw notBegun();
    return factor;
  }

  /** @throws ApiError 403 */
  async #stepOf(factor: SecondFactorEntity, typed: string): Promise<number> {
    const code = readAuthenticatorCode(typed);
    const step = code && stepOfCode(this.factors.secretOf(factor), code, this.clock.now());
    if (!step) throw secondFactorFailed();
    return step;
  }

  async #beginAnew(
    change: Change,
    { person, factor }: Pick<ProvenPerson, 'person' | 'factor'>,
    action: string,
    visit: Visit,
  ): Promise<BegunSession> {
    await this.sessions.endAll(change, person.id);
    await this.#record(change, person, action, visit);
    return this.signIn.begin(change, person, { ...visit, token: null }, factor);
  }

  #record(
    change: Change,
    person: PersonEntity,
    action: string,
    { callerIp }: Visit,
  ): Promise<void> {
    return this.trail.append(change, person, { action, callerIp });
  }
}

function isOnAlready(): ApiError {
  return conflict('There is a second factor. Turn it off first.', 'SECOND_FACTOR_ON');
}

function isOff(): ApiError {
  return conflict('There is no second factor.', 'SECOND_FACTOR_OFF');
}

function notBegun(): ApiError {
  return conflict(
    'There is no secret that waits for its first code, or it waited for too long. Begin again.',
    'SECOND_FACTOR_NOT_BEGUN',
  );
}
