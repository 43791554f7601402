import { Inject, Injectable } from '@nestjs/common';
import { AttemptLimit } from '../../core/attempt-limit.js';
import type { Clock } from '../../core/ports.js';
import { mailsLinks } from '../../platform/config/mails-links.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { tooManyAttempts } from '../../platform/errors/api-error.js';
import { isoOrNull } from '../../platform/http/times.js';
import type { Change } from '../../store/database.js';
import type { LinkMailEntity } from '../../store/entities/link-mail.entity.js';
import type { OneTimeLinkEntity } from '../../store/entities/one-time-link.entity.js';
import { LinkMailsStore } from '../../store/link-mails.store.js';
import { CLOCK } from '../../store/tokens.js';
import type { InvitationMailResponse } from './members.dto.js';

const minuteMs = 60_000;

/** Invitations on their way by e-mail, as far as that is set up. */
@Injectable()
export class InvitationMails {
  readonly isOn: boolean;
  /**
   * An account has mails sent to whomever it names, from the operator's address: fifty at once, then one a minute; to one and the same
   * address three, and one in ten minutes. What one account sends keeps no other from sending.
   */
  readonly #perAccount = new AttemptLimit(50, minuteMs);
  readonly #perRecipient = new AttemptLimit(3, 10 * minuteMs);

  constructor(
    private readonly mails: LinkMailsStore,
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.isOn = mailsLinks(settings);
  }

  /** @throws ApiError 429 */
  async put(change: Change, link: OneTimeLinkEntity): Promise<LinkMailEntity> {
    const now = this.clock.now();
    const waitMs =
      this.#perRecipient.take(`${link.accountId} ${link.email}`, now) ??
      this.#perAccount.take(link.accountId as string, now);
    if (waitMs !== null) throw tooManyAttempts(Math.ceil(waitMs / 1000));
    return this.mails.putInvitation(change, link);
  }

  /** Sends nothing more of an invitation: somebody hands it over. */
  withdraw(change: Change, { id }: OneTimeLinkEntity): Promise<void> {
    return this.mails.withdraw(change, id);
  }

  /** By the ids of the invitations that go by e-mail. @param invitations no more than a page */
  async of(invitations: readonly OneTimeLinkEntity[]): Promise<Map<string, LinkMailEntity>> {
    const mails = await this.mails.of(invitations.map(({ id }) => id));
    return new Map(mails.map((mail) => [mail.linkId as string, mail]));
  }
}

export function invitationMailResponse({
  state,
  deliveredAt,
  error,
}: LinkMailEntity): InvitationMailResponse {
  return { state, deliveredAt: isoOrNull(deliveredAt), error };
}
