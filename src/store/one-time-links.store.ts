import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThan, MoreThan, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import { linkExpiry } from '../core/one-time-link.js';
import { Database, type Change } from './database.js';
import { LinkMailEntity } from './entities/link-mail.entity.js';
import { OneTimeLinkEntity } from './entities/one-time-link.entity.js';
import { given } from './given.js';
import { pageAfter, type Place } from './pages.js';
import { TokenDigests } from './token-digests.js';

export type NewLink = Pick<
  OneTimeLinkEntity,
  'purpose' | 'accountId' | 'role' | 'personId' | 'email' | 'madeBy'
>;

/** A link at the only moment at which its token is known. */
export interface MadeLink {
  readonly link: OneTimeLinkEntity;
  readonly token: string;
}

@Injectable()
export class OneTimeLinksStore {
  constructor(
    private readonly database: Database,
    private readonly digests: TokenDigests,
  ) {}

  /** @param expiresAt epoch milliseconds; as long from now as such links last, unless given */
  async make(
    { manager, now }: Change,
    link: NewLink,
    expiresAt = linkExpiry(link.purpose, now),
  ): Promise<MadeLink> {
    const id = newId('lnk');
    const { token, kept } = this.digests.make('link');
    await manager.insert(OneTimeLinkEntity, {
      ...{ ...link, id, ...kept, createdAt: now, expiresAt },
      ...{ usedAt: null, revokedAt: null },
    });
    return { link: await manager.findOneByOrFail(OneTimeLinkEntity, { id }), token };
  }

  /**
   * Gives an open link another token: the one before opens nothing from then on.
   *
   * @returns `null` if it is not open
   */
  async renew({ manager, now }: Change, id: string): Promise<MadeLink | null> {
    const { token, kept } = this.digests.make('link');
    const open = { id, usedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(now) };
    if ((await manager.update(OneTimeLinkEntity, open, kept)).affected !== 1) return null;
    return { link: await manager.findOneByOrFail(OneTimeLinkEntity, { id }), token };
  }

  /** The link of a token, used or not. */
  findByToken(
    token: string,
    manager: EntityManager = this.database.read,
  ): Promise<OneTimeLinkEntity | null> {
    const digests = this.digests.of(token, 'link');
    if (digests.length === 0) return Promise.resolve(null);
    return manager.findOneBy(OneTimeLinkEntity, { digest: In(digests) });
  }

  /** Takes an open link for the one who comes first. @returns whether that was here */
  async use({ manager, now }: Change, id: string): Promise<boolean> {
    const open = { id, usedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(now) };
    return (await manager.update(OneTimeLinkEntity, open, { usedAt: now })).affected === 1;
  }

  /** Invitations into an account that are open, oldest first. */
  invitations(
    accountId: string,
    now: number,
    limit: number,
    after: Place | null,
  ): Promise<OneTimeLinkEntity[]> {
    const query = this.database.read
      .createQueryBuilder(OneTimeLinkEntity, 'row')
      .where(
        "row.accountId = :accountId AND row.purpose = 'invitation' AND row.expiresAt > :now",
        given({ accountId, now }),
      )
      .andWhere('row.usedAt IS NULL AND row.revokedAt IS NULL');
    return pageAfter(query, limit, after).getMany();
  }

  /** @returns the open invitation as it was, or `null` if there is none */
  async revokeInvitation(
    { manager, now }: Change,
    accountId: string,
    id: string,
  ): Promise<OneTimeLinkEntity | null> {
    const link = await manager.findOneBy(OneTimeLinkEntity, openInvitation(accountId, id, now));
    if (link !== null) await manager.update(OneTimeLinkEntity, { id }, { revokedAt: now });
    return link;
  }

  /** Has an open invitation last as long as one that is made now. @returns it as it is then, or `null` if there is none */
  async prolongInvitation(
    { manager, now }: Change,
    accountId: string,
    id: string,
  ): Promise<OneTimeLinkEntity | null> {
    const expiresAt = linkExpiry('invitation', now);
    const open = openInvitation(accountId, id, now);
    const { affected } = await manager.update(OneTimeLinkEntity, open, { expiresAt });
    return affected === 1 ? manager.findOneByOrFail(OneTimeLinkEntity, { id }) : null;
  }

  /** Takes back what else is open of the same kind, so that only the latest link works. @param of what they have in common */
  async revokeOpen(
    { manager, now }: Change,
    of: Pick<OneTimeLinkEntity, 'purpose'> &
      ({ readonly accountId: string; readonly email?: string } | { readonly personId: string }),
  ): Promise<void> {
    const open = { ...of, usedAt: IsNull(), revokedAt: IsNull() };
    await manager.update(OneTimeLinkEntity, open, { revokedAt: now });
  }

  /** Whether there are any whose time was over before, or mails that never had a link. @param before epoch milliseconds */
  async haveOver(before: number): Promise<boolean> {
    given({ before });
    const { read } = this.database;
    return (
      (await read.existsBy(OneTimeLinkEntity, { expiresAt: LessThan(before) })) ||
      (await read.existsBy(LinkMailEntity, withoutLink(before)))
    );
  }

  /**
   * Takes away those whose time was over before, used or not, with their mails, and mails that never had one: nothing sends them any more.
   *
   * @returns how many went; if as many as `limit`, ask again
   */
  removeOver(before: number, limit: number): Promise<number> {
    given({ before });
    return this.database.write(async (manager) => {
      const over = await manager.find(OneTimeLinkEntity, {
        select: { id: true },
        where: { expiresAt: LessThan(before) },
        take: limit,
      });
      const mails = await manager.find(LinkMailEntity, {
        select: { id: true },
        where: withoutLink(before),
        take: limit - over.length,
      });
      const ids = In(over.map(({ id }) => id));
      if (over.length > 0) await manager.delete(LinkMailEntity, { linkId: ids });
      if (over.length > 0) await manager.delete(OneTimeLinkEntity, { id: ids });
      if (mails.length > 0)
        await manager.delete(LinkMailEntity, { id: In(mails.map(({ id }) => id)) });
      return over.length + mails.length;
    });
  }
}

function withoutLink(before: number) {
  return { linkId: IsNull(), createdAt: LessThan(before) };
}

function openInvitation(accountId: string, id: string, now: number) {
  const invitation = { id, accountId, purpose: 'invitation' as const };
  return { ...invitation, usedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(now) };
}
