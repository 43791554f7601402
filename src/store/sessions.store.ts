import { Inject, Injectable } from '@nestjs/common';
import { In, IsNull, Not, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { newId } from '../core/ids.js';
import type { SessionTerms } from '../core/session-life.js';
import { Database, type Change } from './database.js';
import { SessionEntity } from './entities/session.entity.js';
import { given } from './given.js';
import { TokenDigests } from './token-digests.js';
import { SESSION_TERMS } from './tokens.js';

/** From where a session is begun, and with what. */
export interface SessionPlace {
  readonly ip: string | null;
  /** Redacted and cut, like that of a call. */
  readonly userAgent: string | null;
}

/** A session at the only moment at which its token is known. */
export interface BegunSession {
  readonly id: string;
  readonly token: string;
  /** Epoch milliseconds: until when it lasts at the longest. */
  readonly expiresAt: number;
}

@Injectable()
export class SessionsStore {
  constructor(
    private readonly database: Database,
    private readonly digests: TokenDigests,
    @Inject(SESSION_TERMS) private readonly terms: SessionTerms,
  ) {}

  /** Always a new one, with a token of its own: whatever a browser came with signs nobody in. */
  async begin(
    { manager, now }: Change,
    personId: string,
    { ip, userAgent }: SessionPlace,
  ): Promise<BegunSession> {
    const id = newId('ses');
    const { token, kept } = this.digests.make('session');
    const expiresAt = now + this.terms.longestMs;
    await manager.insert(SessionEntity, {
      ...{ id, personId, ...kept, ip, userAgent },
      ...{ createdAt: now, lastUsedAt: now, expiresAt, endedAt: null },
    });
    return { id, token, expiresAt };
  }

  /** Those that last, as far as nobody has ended them, the latest first. @param now epoch milliseconds */
  lasting(personId: string, now: number): Promise<SessionEntity[]> {
    return this.database.read
      .createQueryBuilder(SessionEntity, 'row')
      .where(
        'row.personId = :personId AND row.endedAt IS NULL AND row.expiresAt > :now AND row.lastUsedAt > :usedSince',
        given({ personId, now, usedSince: now - this.terms.idleMs }),
      )
      .orderBy('row.createdAt', 'DESC')
      .addOrderBy('row.id', 'DESC')
      .getMany();
  }

  /** @returns whether there was one to end */
  async end({ manager, now }: Change, personId: string, id: string): Promise<boolean> {
    const open = { id, personId, endedAt: IsNull() };
    return (await manager.update(SessionEntity, open, { endedAt: now })).affected === 1;
  }

  async endByToken({ manager, now }: Change, token: string): Promise<void> {
    const digest = In(this.digests.of(token, 'session'));
    await manager.update(SessionEntity, { digest, endedAt: IsNull() }, { endedAt: now });
  }

  /** @param exceptId one that goes on @returns how many there were to end */
  async endAll({ manager, now }: Change, personId: string, exceptId?: string): Promise<number> {
    const others = exceptId === undefined ? {} : { id: Not(exceptId) };
    const open = { personId, endedAt: IsNull(), ...others };
    return (await manager.update(SessionEntity, open, { endedAt: now })).affected ?? 0;
  }

  /** Whether there are any to take away. @param before epoch milliseconds */
  async haveOver(before: number): Promise<boolean> {
    given({ before });
    return (await overBefore(this.database.read, before).limit(1).getRawMany()).length > 0;
  }

  /**
   * Takes away those whose time was over before, however they ended. The last one of a member stays: by it is known when they were seen.
   *
   * @returns how many went; if as many as `limit`, ask again
   */
  removeOver(before: number, limit: number): Promise<number> {
    given({ before });
    return this.database.write(async (manager) => {
      const rows = await overBefore(manager, before).limit(limit).getRawMany<{ id: string }>();
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await manager.delete(SessionEntity, { id: In(ids) });
      return ids.length;
    });
  }
}

function overBefore(manager: EntityManager, before: number): SelectQueryBuilder<SessionEntity> {
  return manager
    .createQueryBuilder(SessionEntity, 'row')
    .select('row.id', 'id')
    .where('row.expiresAt < :before', { before })
    .andWhere(`(EXISTS (${aLaterOne}) OR NOT EXISTS (${aMembership}))`);
}

const aLaterOne = `SELECT 1 FROM session s WHERE s.person_id = row.person_id
  AND (s.last_used_at > row.last_used_at OR (s.last_used_at = row.last_used_at AND s.id > row.id))`;
const aMembership = 'SELECT 1 FROM member m WHERE m.person_id = row.person_id';
