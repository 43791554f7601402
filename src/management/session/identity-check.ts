import { Inject, Injectable } from '@nestjs/common';
import type { Visit } from '../../access/guard/signed-in.js';
import type { Clock } from '../../core/ports.js';
import { readRecoveryCode } from '../../core/recovery-code.js';
import { ApiError } from '../../platform/errors/api-error.js';
import { readAuthenticatorCode, stepOfCode } from '../../platform/passwords/authenticator.js';
import { Passwords } from '../../platform/passwords/passwords.js';
import { Database, type Change } from '../../store/database.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import type { PersonEntity } from '../../store/entities/person.entity.js';
import type { SecondFactorEntity } from '../../store/entities/second-factor.entity.js';
import { PeopleStore } from '../../store/people.store.js';
import { PersonTrail } from '../../store/person-trail.js';
import { RecoveryCodesStore } from '../../store/recovery-codes.store.js';
import { SecondFactorsStore } from '../../store/second-factors.store.js';
import { CLOCK } from '../../store/tokens.js';
import { SignInAttempts } from './sign-in-attempts.js';

/** What somebody showed beside a password or a link. */
export type ShownFactor = 'code' | 'recovery_code';

/** Somebody who has shown that it is them. */
export interface ProvenPerson {
  readonly person: PersonEntity;
  /** `null` for who has no second factor. */
  readonly factor: ShownFactor | null;
  /**
   * Has it count in the change that it is for, first of all: it is as it was when it was looked at, and a code is used up. Of two who
   * come with one code, one does.
   *
   * @throws ApiError 403
   */
  hold(change: Change): Promise<void>;
}

export interface ShownProof {
  readonly password: string;
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
}

/** Wrong codes in a row after which those of the app are not taken any more (NIST SP 800-63B, 5.2.2). */
const failuresMax = 100;
/** Of wrong codes in a row, those that the trail tells of: it is nobody's to fill. */
const failuresTold: ReadonlySet<number> = new Set([1, 10, failuresMax]);

/** Whether somebody is who they say: by their password, and by a code where they have a second factor. */
@Injectable()
export class IdentityCheck {
  constructor(
    private readonly people: PeopleStore,
    private readonly factors: SecondFactorsStore,
    private readonly recoveryCodes: RecoveryCodesStore,
    private readonly passwords: Passwords,
    private readonly attempts: SignInAttempts,
    private readonly database: Database,
    private readonly trail: PersonTrail,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * The same answer, after the same time, whether the address is known or not. That a code is asked for is told to who has the right
   * password alone.
   *
   * @throws ApiError 403, 429
   */
  byPassword(email: string, { password, code }: ShownProof, visit: Visit): Promise<ProvenPerson> {
    return this.attempts.within(email, visit, async () => {
      const person = await beforeAnyChange(this.people.findByEmail(email));
      const isRight = await this.passwords.matches(person?.passwordHash ?? null, password);
      if (person === null || !isRight) throw signInFailed();
      const shown = await this.#readCode(person, code, visit);
      return {
        ...{ person, factor: shown.factor },
        hold: async (change: Change) => {
          await this.#checkStillHas(change, person);
          await shown.hold(change);
        },
      };
    });
  }

  /** For who has shown something as good as the password. Without a code nothing is guessed. @throws ApiError 403, 429 */
  byCode(person: PersonEntity, code: string | undefined, visit: Visit): Promise<ProvenPerson> {
    const read = async () => ({ person, ...(await this.#readCode(person, code, visit)) });
    return code === undefined ? read() : this.attempts.within(person.email, visit, read);
  }

  /** @throws ApiError 403 */
  async #readCode(
    person: PersonEntity,
    typed: string | undefined,
    visit: Visit,
  ): Promise<Omit<ProvenPerson, 'person'>> {
    const { id: personId } = person;
    const factor = await beforeAnyChange(this.factors.findOn(personId));
    if (factor === null)
      return { factor: null, hold: (change) => this.#checkHasNone(change, personId) };
    if (typed === undefined) throw secondFactorNeeded();
    const code = readAuthenticatorCode(typed);
    if (code !== null) {
      if (factor.failures >= failuresMax) throw secondFactorFailed(onlyRecovery);
      const step = stepOfCode(this.factors.secretOf(factor), code, this.clock.now());
      if (step === null || step <= factor.lastStep) throw await this.#failed(person, factor, visit);
      return {
        factor: 'code',
        hold: async (change) => {
          if (!(await this.factors.useStep(change, factor.id, step))) throw secondFactorFailed();
        },
      };
    }
    const kept = await this.#findRecoveryCode(personId, typed);
    if (kept === null) throw await this.#failed(person, factor, visit);
    return {
      factor: 'recovery_code',
      hold: async (change) => {
        if (!(await this.recoveryCodes.use(change, kept.id))) throw secondFactorFailed();
        await this.factors.forgetFailures(change, factor.id);
      },
    };
  }

  async #findRecoveryCode(
    personId: string,
    typed: string,
  ): Promise<{ readonly id: string } | null> {
    const code = readRecoveryCode(typed);
    return code === null ? null : beforeAnyChange(this.recoveryCodes.find(personId, code));
  }

  /**
   * Somebody has the password, or a link as good as it, and not the code: nothing says sooner that a password is known to others. Who
   * was meant, and their admins, find it on the trail.
   */
  async #failed(
    person: PersonEntity,
    { id }: SecondFactorEntity,
    { callerIp }: Visit,
  ): Promise<ApiError> {
    const failures = await beforeAnyChange(this.factors.countFailure(id));
    if (failuresTold.has(failures))
      await this.database.change((change) =>
        this.trail.append(change, person, {
          ...{ action: 'person.second_factor_failed', callerIp },
          after: { failures },
        }),
      );
    return secondFactorFailed();
  }

  /** While a password is compared, it may be changed: then it was the one before. @throws ApiError 403 */
  async #checkStillHas({ manager }: Change, { id, passwordHash }: PersonEntity): Promise<void> {
    const person = await this.people.find(id, manager);
    if (person?.passwordHash !== passwordHash) throw signInFailed();
  }

  /** Or a second factor may be turned on meanwhile. @throws ApiError 403 */
  async #checkHasNone({ manager }: Change, personId: string): Promise<void> {
    if ((await this.factors.findOn(personId, manager)) !== null) throw secondFactorNeeded();
  }
}

function signInFailed(): ApiError {
  return new ApiError(
    'SIGN_IN_FAILED',
    'This e-mail address and this password do not belong together, or are not known here.',
  );
}

function secondFactorNeeded(): ApiError {
  return new ApiError(
    'SECOND_FACTOR_NEEDED',
    'Give a code of your authenticator app as well, or one of your recovery codes.',
  );
}

const onlyRecovery =
  'There were too many wrong codes: codes of the app are not taken any more. Give one of your recovery codes, or have an admin reset the second factor.';

export function secondFactorFailed(
  message = 'This code is not right now, or was used already. Wait for the next one that the app shows.',
): ApiError {
  return new ApiError('SECOND_FACTOR_FAILED', message);
}
