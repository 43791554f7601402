import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import { newId } from '../core/ids.js';
import { CommitBell } from './commit-bell.js';
import { Database, type Change } from './database.js';
import { LinkMailEntity } from './entities/link-mail.entity.js';
import type { OneTimeLinkEntity } from './entities/one-time-link.entity.js';
import { given } from './given.js';

/** A recovery that somebody asks for, whoever they are. */
export interface RecoveryAsked {
  readonly email: string;
  readonly callerIp: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
}

export type AfterLinkMail =
  | { readonly state: 'delivered'; readonly deliveredAt: number }
  | { readonly state: 'given_up'; readonly error: string }
  | { readonly state: 'pending'; readonly error: string; readonly nextAttemptAt: number };

const unsent = {
  ...{ state: 'pending' as const, attempts: 0, attemptId: null, claimedUntil: null },
  ...{ deliveredAt: null, error: null },
};

/**
 * The outbox of links. What is put in says to whom a link is to go, and holds nothing that opens anything. What then becomes of it is for
 * the courier.
 */
@Injectable()
export class LinkMailsStore {
  /** Rung when something to be sent has been committed on this node. */
  readonly bell: CommitBell;

  constructor(private readonly database: Database) {
    this.bell = new CommitBell(database);
  }

  /** Has an invitation sent, or sent once more. @returns its mail */
  async putInvitation(
    change: Change,
    { id: linkId, email }: Pick<OneTimeLinkEntity, 'id' | 'email'>,
  ): Promise<LinkMailEntity> {
    const { manager, now } = change;
    const { recipient } = given({ recipient: email as string });
    const anew = { ...unsent, nextAttemptAt: now };
    const { affected } = await manager.update(LinkMailEntity, { linkId }, anew);
    if (affected !== 1)
      await manager.insert(LinkMailEntity, {
        ...{ ...anew, id: newId('lml'), purpose: 'invitation', recipient, linkId },
        ...{ askedFrom: null, createdAt: now },
      });
    this.bell.ringAfter(change);
    return manager.findOneByOrFail(LinkMailEntity, { linkId });
  }

  /**
   * Writes down that somebody asked for a new password. It does the same for every address: whether there is anybody with it is found
   * when the mail is about to be sent, for which nobody waits.
   */
  async askForRecovery({ email: recipient, callerIp, now }: RecoveryAsked): Promise<void> {
    given({ recipient, now });
    await this.database.write((manager) =>
      manager.insert(LinkMailEntity, {
        ...{ ...unsent, id: newId('lml'), purpose: 'recovery', recipient, linkId: null },
        ...{ askedFrom: callerIp, nextAttemptAt: now, createdAt: now },
      }),
    );
    this.bell.ring();
  }

  /** Those that are due and that no node is at, the one that has waited longest first. */
  due(now: number, limit: number): Promise<LinkMailEntity[]> {
    return this.database.read
      .createQueryBuilder(LinkMailEntity, 'row')
      .where("row.state = 'pending' AND row.nextAttemptAt <= :now", given({ now }))
      .andWhere('(row.claimedUntil IS NULL OR row.claimedUntil <= :now)')
      .orderBy('row.nextAttemptAt', 'ASC')
      .take(limit)
      .getMany();
  }

  /** When the next of those that wait for their time is due; `null` if none does. */
  async nextDueAt(): Promise<number | null> {
    const [next] = await this.database.read.find(LinkMailEntity, {
      where: { state: 'pending', claimedUntil: IsNull() },
      order: { nextAttemptAt: 'ASC' },
      take: 1,
    });
    return next?.nextAttemptAt ?? null;
  }

  /**
   * Takes a mail for this node and begins an attempt. Of several nodes that have found it, one gets it: each has seen the same attempt,
   * and that is another now.
   *
   * @returns the mail as it is with that attempt, or `null` if another node has it
   */
  async claim(
    { manager }: Change,
    { id, attempts, attemptId }: LinkMailEntity,
    until: number,
  ): Promise<LinkMailEntity | null> {
    const { affected } = await manager.update(
      LinkMailEntity,
      { id, state: 'pending', attemptId: attemptId ?? IsNull() },
      { attempts: attempts + 1, attemptId: newId('att'), claimedUntil: until },
    );
    return affected === 1 ? manager.findOneByOrFail(LinkMailEntity, { id }) : null;
  }

  /** Says which link it is that a mail brings. */
  async setLink({ manager }: Change, id: string, linkId: string): Promise<void> {
    await manager.update(LinkMailEntity, { id }, given({ linkId }));
  }

  /** Takes a claimed mail out that has nothing to bring: a link that is known says why, and of others nothing is kept. */
  async dismiss(
    { manager }: Change,
    { id, linkId }: Pick<LinkMailEntity, 'id' | 'linkId'>,
    error: string,
  ): Promise<void> {
    if (linkId === null) await manager.delete(LinkMailEntity, { id });
    else
      await manager.update(
        LinkMailEntity,
        { id },
        { state: 'given_up', claimedUntil: null, error },
      );
  }

  /** Takes out a recovery of nobody that no node has begun on since it was read. */
  async drop({ id, attemptId }: Pick<LinkMailEntity, 'id' | 'attemptId'>): Promise<void> {
    const unclaimed = { ...given({ id }), linkId: IsNull(), attemptId: attemptId ?? IsNull() };
    await this.database.write((manager) => manager.delete(LinkMailEntity, unclaimed));
  }

  /** Takes the mail of a link out, if there is one. What a mail server is being handed at this moment goes out. */
  async withdraw({ manager }: Change, linkId: string): Promise<void> {
    await manager.delete(LinkMailEntity, { linkId });
  }

  /** Writes down what came of an attempt, and what is next. Who has lost it to another writes nothing. @param claimed as `claim` gave it */
  async settle(
    { id, attemptId }: Pick<LinkMailEntity, 'id' | 'attemptId'>,
    after: AfterLinkMail,
  ): Promise<void> {
    const mine = given({ id, attemptId: attemptId as string });
    const error = after.state === 'delivered' ? null : after.error;
    await this.database.write((manager) =>
      manager.update(
        LinkMailEntity,
        { ...mine, state: 'pending' },
        { ...after, error, claimedUntil: null },
      ),
    );
  }

  /** Of these links, as far as they go by e-mail. @param linkIds no more than a page */
  of(linkIds: readonly string[]): Promise<LinkMailEntity[]> {
    return this.database.read.findBy(LinkMailEntity, { linkId: In([...linkIds]) });
  }
}
