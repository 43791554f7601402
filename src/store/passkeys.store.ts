import { Injectable } from '@nestjs/common';
import { LessThan, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { PasskeyEntity } from './entities/passkey.entity.js';
import { given } from './given.js';

export type NewPasskey = Pick<
  PasskeyEntity,
  'personId' | 'credentialId' | 'publicKey' | 'counter' | 'transports' | 'name' | 'isSynced'
>;

/** An answer of a passkey whose signature is right. */
export interface SignedAnswer {
  /** When the challenge was made that it is to, in epoch milliseconds. */
  readonly challengeAt: number;
  readonly counter: number;
  readonly isSynced: boolean;
}

@Injectable()
export class PasskeysStore {
  constructor(private readonly database: Database) {}

  /** @param credentialId base64url @param manager of a change that is under way */
  findByCredential(
    credentialId: string,
    manager: EntityManager = this.database.read,
  ): Promise<PasskeyEntity | null> {
    return manager.findOneBy(PasskeyEntity, { credentialId });
  }

  /** Oldest first. @param manager of a change that is under way */
  list(personId: string, manager: EntityManager = this.database.read): Promise<PasskeyEntity[]> {
    return manager.find(PasskeyEntity, {
      where: { personId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  async create({ manager, now }: Change, made: NewPasskey): Promise<PasskeyEntity> {
    const id = newId('pky');
    const { personId, credentialId, publicKey, counter, transports, name, isSynced } = made;
    await manager.insert(PasskeyEntity, {
      ...given({ id, personId, credentialId, publicKey, counter, transports, name, isSynced }),
      ...{ createdAt: now, lastUsedAt: null, lastChallengeAt: 0 },
    });
    return manager.findOneByOrFail(PasskeyEntity, { id });
  }

  /**
   * Accepts an answer, for whoever comes first with it. A counter goes on each time; one that is 0 does not count, and never began to.
   *
   * @returns whether that was here
   */
  async accept({ manager, now }: Change, id: string, answer: SignedAnswer): Promise<boolean> {
    const { challengeAt, counter, isSynced } = given(answer);
    const before = counter === 0 ? 0 : LessThan(counter);
    const open = { id, lastChallengeAt: LessThan(challengeAt), counter: before };
    const used = { lastChallengeAt: challengeAt, lastUsedAt: now, counter, isSynced };
    return (await manager.update(PasskeyEntity, open, used)).affected === 1;
  }

  /** Uses up the challenge of an answer that is not accepted. @returns whether it was not used up before */
  async refuse({ manager }: Change, id: string, challengeAt: number): Promise<boolean> {
    const open = { id, lastChallengeAt: LessThan(given({ challengeAt }).challengeAt) };
    const used = { lastChallengeAt: challengeAt };
    return (await manager.update(PasskeyEntity, open, used)).affected === 1;
  }

  /** @returns the one that was there, or `null` */
  async remove({ manager }: Change, personId: string, id: string): Promise<PasskeyEntity | null> {
    const one = given({ personId, id });
    const passkey = await manager.findOneBy(PasskeyEntity, one);
    if (passkey !== null) await manager.delete(PasskeyEntity, one);
    return passkey;
  }

  /** @returns how many there were */
  async removeAll({ manager }: Change, personId: string): Promise<number> {
    return (await manager.delete(PasskeyEntity, given({ personId }))).affected ?? 0;
  }
}
