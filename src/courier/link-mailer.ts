import {
  Inject,
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { Clock } from '../core/ports.js';
import { retryDelayMs } from '../core/retry-schedule.js';
import { mailsLinks } from '../platform/config/mails-links.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { ConsoleAddress } from '../platform/http/console-address.js';
import type { LinkMailEntity } from '../store/entities/link-mail.entity.js';
import { LinkMailsStore, type AfterLinkMail } from '../store/link-mails.store.js';
import { CLOCK } from '../store/tokens.js';
import { linkEmail } from './link-email.js';
import { LinkMailClaims, type ClaimedLinkMail } from './link-mail-claims.js';
import { MailServer } from './mail-server.js';
import { Rounds } from './rounds.js';
import { COURIER_SURROUNDINGS, type CourierSurroundings } from './surroundings.js';

/** They all go to one server, so there is nobody whom a slow one could hold up. */
const atOnceMax = 8;

/**
 * Carries invitations and recovery links to those they are for, where there is a server and an address to send them to (`mailsLinks`). As
 * with notices each is claimed, sent outside of any transaction, and its outcome written down.
 */
@Injectable()
export class LinkMailer implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #rounds: Rounds;
  readonly #isOn: boolean;

  constructor(
    private readonly mails: LinkMailsStore,
    private readonly claims: LinkMailClaims,
    private readonly server: MailServer,
    private readonly console: ConsoleAddress,
    @Inject(SETTINGS) settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(COURIER_SURROUNDINGS) private readonly surroundings: CourierSurroundings,
  ) {
    this.#isOn = mailsLinks(settings);
    this.#rounds = new Rounds(mails.bell, surroundings.sweepMs, 'Links by e-mail');
  }

  onApplicationBootstrap(): void {
    if (this.#isOn) this.#rounds.begin(() => this.#round());
  }

  onModuleDestroy(): Promise<void> {
    return this.#rounds.stop();
  }

  async #round(): Promise<number> {
    const due = await this.mails.due(this.clock.now(), atOnceMax);
    const outcomes = await Promise.allSettled(due.map((mail) => this.#attempt(mail)));
    // What one could not do is its own: its claim runs out, and it is begun again.
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') throw outcome.reason as Error;
    const nextAt = (await this.mails.nextDueAt()) ?? Number.POSITIVE_INFINITY;
    return Math.min(Math.max(nextAt - this.clock.now(), 0), this.surroundings.sweepMs);
  }

  async #attempt(due: LinkMailEntity): Promise<void> {
    const claimed = await this.claims.take(due);
    if (claimed !== null) await this.mails.settle(claimed.mail, await this.#send(claimed));
  }

  async #send({ mail, to, token, facts }: ClaimedLinkMail): Promise<AfterLinkMail> {
    const now = this.clock.now();
    const sent = await this.server.send({
      ...linkEmail(facts, this.console.linkFor(facts.purpose, token)),
      // Another at each attempt: it is another link, and nobody is to throw it away for the one before.
      ...{ to, id: `${mail.id}.${mail.attemptId}`, date: now },
    });
    if (sent === null) throw new Error('There is no server to send e-mails with.');
    if (sent.delivered) return { state: 'delivered', deliveredAt: now };
    const error = sent.error ?? 'could not be sent';
    const { retryDelaysMs } = this.surroundings;
    const delayMs = sent.isFinal ? null : retryDelayMs(mail.attempts, Math.random(), retryDelaysMs);
    if (delayMs === null) return { state: 'given_up', error };
    return { state: 'pending', error, nextAttemptAt: this.clock.now() + delayMs };
  }
}
