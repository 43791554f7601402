import { Inject, Injectable } from '@nestjs/common';
import type { LinkMailFacts } from '../core/link-mail-text.js';
import { linkExpiry } from '../core/one-time-link.js';
import type { Role } from '../core/roles.js';
import { AccountsStore } from '../store/accounts.store.js';
import { Database, type Change } from '../store/database.js';
import type { Actor } from '../store/entities/audit-event.entity.js';
import type { LinkMailEntity } from '../store/entities/link-mail.entity.js';
import type { OneTimeLinkEntity } from '../store/entities/one-time-link.entity.js';
import { LinkMailsStore } from '../store/link-mails.store.js';
import { OneTimeLinksStore } from '../store/one-time-links.store.js';
import { PeopleStore } from '../store/people.store.js';
import { PersonTrail } from '../store/person-trail.js';
import { claimMs } from './rounds.js';
import { COURIER_SURROUNDINGS, type CourierSurroundings } from './surroundings.js';

/** A link about to be sent, at the only moment at which its token is known. */
export interface ClaimedLinkMail {
  readonly mail: LinkMailEntity;
  readonly to: string;
  readonly token: string;
  readonly facts: LinkMailFacts;
}

interface LinkForSomebody {
  readonly link: OneTimeLinkEntity;
  readonly token: string;
  /** Of the person that a recovery is for. */
  readonly email: string | null;
}

/** Whoever asks for a new password is somebody who has not signed in. */
const askedByAnyone: Actor = { kind: 'installation', id: null, name: 'forgotten password' };

/**
 * Takes mails out of the outbox of links. The token is made with the claim, in one transaction, and only its digest stays: a mail that is
 * sent once more, because it is not known what became of it, brings another one, and the one before opens nothing from then on.
 */
@Injectable()
export class LinkMailClaims {
  constructor(
    private readonly database: Database,
    private readonly mails: LinkMailsStore,
    private readonly links: OneTimeLinksStore,
    private readonly people: PeopleStore,
    private readonly accounts: AccountsStore,
    private readonly trail: PersonTrail,
    @Inject(COURIER_SURROUNDINGS) private readonly surroundings: CourierSurroundings,
  ) {}

  /** @returns `null` if there is nothing to send: another node has it, its link is over, or there is nobody whom it could be for */
  async take(due: LinkMailEntity): Promise<ClaimedLinkMail | null> {
    // Anybody can ask in any name: for nobody nothing is changed that the nodes hear of.
    if (due.linkId === null && (await this.people.findByEmail(due.recipient)) === null) {
      await this.mails.drop(due);
      return null;
    }
    return this.database.change(async (change) => {
      const mail = await this.mails.claim(change, due, change.now + claimMs);
      if (mail === null) return null;
      // It was begun that often, and no attempt lived to tell: it may be what kills them.
      if (due.attempts > this.surroundings.retryDelaysMs.length) {
        await this.mails.dismiss(change, mail, 'could not be sent');
        return null;
      }
      const made = await this.#linkOf(change, mail);
      if (made === null) {
        await this.mails.dismiss(change, mail, 'the link is over');
        return null;
      }
      const { link, token, email } = made;
      const facts = await this.#factsOf(mail, link);
      return { mail, to: email ?? mail.recipient, token, facts };
    });
  }

  async #linkOf(change: Change, mail: LinkMailEntity): Promise<LinkForSomebody | null> {
    if (mail.linkId === null) return this.#beginRecovery(change, mail);
    const renewed = await this.links.renew(change, mail.linkId);
    if (renewed === null) return null;
    const { personId } = renewed.link;
    const person = personId === null ? null : await this.people.find(personId, change.manager);
    return { ...renewed, email: person?.email ?? null };
  }

  /** Only now it is found whether there is anybody with the address that was given. */
  async #beginRecovery(change: Change, mail: LinkMailEntity): Promise<LinkForSomebody | null> {
    const expiresAt = linkExpiry('recovery', mail.createdAt);
    // Somebody has asked again by then, or has remembered.
    if (expiresAt <= change.now) return null;
    const person = await this.people.findByEmail(mail.recipient, change.manager);
    if (person === null) return null;
    const of = { personId: person.id, accountId: null, role: null, email: null };
    const link = { purpose: 'recovery' as const, ...of, madeBy: askedByAnyone };
    const made = await this.links.make(change, link, expiresAt);
    const { id: linkId } = made.link;
    await this.mails.setLink(change, mail.id, linkId);
    await this.trail.append(change, person, {
      ...{ action: 'person.recovery_link_mailed', actor: askedByAnyone, callerIp: mail.askedFrom },
      after: { linkId, expiresAt: new Date(expiresAt).toISOString() },
    });
    return { ...made, email: person.email };
  }

  async #factsOf(mail: LinkMailEntity, link: OneTimeLinkEntity): Promise<LinkMailFacts> {
    const expiresAt = new Date(link.expiresAt).toISOString();
    if (mail.purpose === 'recovery')
      return { purpose: 'recovery', askedFrom: mail.askedFrom, expiresAt };
    const account = await this.accounts.find(link.accountId as string);
    if (account === null) throw new Error('An invitation into no account.');
    const { name: accountName } = account;
    return { purpose: 'invitation', accountName, role: link.role as Role, expiresAt };
  }
}
