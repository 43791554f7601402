import { Inject, Injectable } from '@nestjs/common';
import type { Visit } from '../../access/guard/signed-in.js';
import { subscriberOf } from '../../core/address-block.js';
import { AttemptLimit } from '../../core/attempt-limit.js';
import { foldedEmail } from '../../core/email-address.js';
import type { Clock } from '../../core/ports.js';
import { mailsLinks } from '../../platform/config/mails-links.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { conflict, tooManyAttempts } from '../../platform/errors/api-error.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import { LinkMailsStore } from '../../store/link-mails.store.js';
import { CLOCK } from '../../store/tokens.js';

const minuteMs = 60_000;

/** A new password for who has forgotten theirs, by a link in an e-mail. */
@Injectable()
export class RecoveryService {
  readonly isMailed: boolean;
  /** Three mails at once to one e-mail address, then one in ten minutes; from one caller ten, and one a minute. */
  readonly #perRecipient = new AttemptLimit(3, 10 * minuteMs);
  readonly #perCaller = new AttemptLimit(10, minuteMs);
  /** Whoever they are: three hundred at once, then five a second. */
  readonly #all = new AttemptLimit(300, 200);

  constructor(
    private readonly mails: LinkMailsStore,
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.isMailed = mailsLinks(settings);
  }

  /**
   * Nobody is looked for here: every address is counted, written down and answered alike, in the same time.
   *
   * @throws ApiError 409 where no e-mails are sent, 429
   */
  async ask(email: string, { callerIp }: Visit): Promise<void> {
    if (!this.isMailed)
      throw conflict(
        'No e-mails are sent from here. Ask an admin of your account for a recovery link.',
        'NOT_MAILED',
      );
    const now = this.clock.now();
    const waitMs =
      this.#perCaller.take(subscriberOf(callerIp ?? ''), now) ??
      this.#perRecipient.take(foldedEmail(email), now) ??
      this.#all.take('', now);
    if (waitMs !== null) throw tooManyAttempts(Math.ceil(waitMs / 1000));
    await beforeAnyChange(this.mails.askForRecovery({ email, callerIp, now }));
  }
}
