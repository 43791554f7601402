import { Injectable } from '@nestjs/common';
import { In, IsNull, MoreThan, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import { linkExpiry } from '../core/one-time-link.js';
import { Database, type Change } from './database.js';
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

  async make({ manager, now }: Change, link: NewLink): Promise<MadeLink> {
    const id = newId('lnk');
    const { token, kept } = this.digests.make('link');
    await manager.insert(OneTimeLinkEntity, {
      ...{ ...link, id, ...kept, createdAt: now, expiresAt: linkExpiry(link.purpose, now) },
      ...{ usedAt: null, revokedAt: null },
    });
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
    const invitation = { id, accountId, purpose: 'invitation' as const };
    const open = { ...invitation, usedAt: IsNull(), revokedAt: IsNull(), expiresAt: MoreThan(now) };
    const link = await manager.findOneBy(OneTimeLinkEntity, open);
    if (link !== null) await manager.update(OneTimeLinkEntity, { id }, { revokedAt: now });
    return link;
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
}
