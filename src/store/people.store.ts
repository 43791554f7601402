import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { foldedEmail } from '../core/email-address.js';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { OneTimeLinkEntity } from './entities/one-time-link.entity.js';
import { PersonEntity } from './entities/person.entity.js';
import { given } from './given.js';

export interface NewPerson {
  readonly email: string;
  readonly name: string;
  readonly passwordHash: string;
}

@Injectable()
export class PeopleStore {
  constructor(private readonly database: Database) {}

  /** @param manager of a change that is under way */
  find(id: string, manager: EntityManager = this.database.read): Promise<PersonEntity | null> {
    return manager.findOneBy(PersonEntity, { id });
  }

  /** Somebody whose session was found: that they are there is no question. */
  async signedIn({ manager }: Change, id: string): Promise<PersonEntity> {
    const person = await this.find(id, manager);
    if (person === null) throw new Error('Somebody is signed in who is not there.');
    return person;
  }

  /** @param email in whatever case */
  findByEmail(
    email: string,
    manager: EntityManager = this.database.read,
  ): Promise<PersonEntity | null> {
    return manager.findOneBy(PersonEntity, { emailFolded: foldedEmail(given({ email }).email) });
  }

  async create(change: Change, { email, name, passwordHash }: NewPerson): Promise<PersonEntity> {
    const id = newId('per');
    await change.manager.insert(PersonEntity, {
      ...{ id, email, emailFolded: foldedEmail(email), name, passwordHash },
      ...{ passwordChangedAt: change.now, createdAt: change.now, revision: change.revision },
    });
    return change.manager.findOneByOrFail(PersonEntity, { id });
  }

  /** Links by which it could be set once more open nothing from then on: whoever asked for them may be why it is changed. */
  async setPassword(
    { manager, now, revision }: Change,
    id: string,
    passwordHash: string,
  ): Promise<void> {
    const changed = { passwordHash, passwordChangedAt: now, revision };
    await manager.update(PersonEntity, { id }, changed);
    const open = { purpose: 'recovery' as const, usedAt: IsNull(), revokedAt: IsNull() };
    await manager.update(OneTimeLinkEntity, { ...open, personId: id }, { revokedAt: now });
  }
}
