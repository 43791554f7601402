import { Inject, Injectable } from '@nestjs/common';
import type { Visit } from '../../access/guard/signed-in.js';
import { subscriberOf } from '../../core/address-block.js';
import { AttemptLimit } from '../../core/attempt-limit.js';
import { foldedEmail } from '../../core/email-address.js';
import type { Clock } from '../../core/ports.js';
import { ApiError, tooManyAttempts } from '../../platform/errors/api-error.js';
import { CLOCK } from '../../store/tokens.js';

const minuteMs = 60_000;

/** How often somebody may try to show that it is them, by a password, by a code and by a passkey alike. */
@Injectable()
export class SignInAttempts {
  /** Ten at once for one person, then one a minute; for a whole address three times as many, and six a minute. */
  readonly #perPerson = new AttemptLimit(10, minuteMs);
  readonly #perAddress = new AttemptLimit(30, minuteMs / 6);

  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /**
   * Counts an attempt; one that turns out well counts for nothing, since who is let in has not guessed. Nor does one that lacks its
   * code: the password was right, and no code was tried.
   *
   * @throws ApiError 429, or what `attempt` throws
   */
  within<T>(email: string, visit: Pick<Visit, 'callerIp'>, attempt: () => Promise<T>): Promise<T> {
    return this.ofAddress(visit, () => this.#counted(this.#perPerson, foldedEmail(email), attempt));
  }

  /** The same for who names nobody, as with a passkey. @throws ApiError 429, or what `attempt` throws */
  ofAddress<T>({ callerIp }: Pick<Visit, 'callerIp'>, attempt: () => Promise<T>): Promise<T> {
    return this.#counted(this.#perAddress, subscriberOf(callerIp ?? ''), attempt);
  }

  async #counted<T>(limit: AttemptLimit, whose: string, attempt: () => Promise<T>): Promise<T> {
    const waitMs = limit.take(whose, this.clock.now());
    if (waitMs !== null) throw tooManyAttempts(Math.ceil(waitMs / 1000));
    try {
      const result = await attempt();
      limit.giveBack(whose);
      return result;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'SECOND_FACTOR_NEEDED')
        limit.giveBack(whose);
      throw error;
    }
  }
}
