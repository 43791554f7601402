import { Injectable } from '@nestjs/common';
import { In, IsNull, Not, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import type { Role } from '../core/roles.js';
import { Database, type Change } from './database.js';
import { MemberEntity } from './entities/member.entity.js';
import { PasskeyEntity } from './entities/passkey.entity.js';
import { PersonEntity } from './entities/person.entity.js';
import { SecondFactorEntity } from './entities/second-factor.entity.js';
import { SessionEntity } from './entities/session.entity.js';
import { given } from './given.js';
import { pageAfter, type Place } from './pages.js';

/** A member with who it is. */
export interface MemberRecord {
  readonly member: MemberEntity;
  readonly person: PersonEntity;
  /** Epoch milliseconds, to the minute; `null` for who was never signed in as far back as is known. */
  readonly lastSeenAt: number | null;
  /** Whether signing in asks them for a code. */
  readonly hasSecondFactor: boolean;
  /** Whether they have one at least. */
  readonly hasPasskeys: boolean;
}

@Injectable()
export class MembersStore {
  constructor(private readonly database: Database) {}

  async find(
    accountId: string,
    id: string,
    manager: EntityManager = this.database.read,
  ): Promise<MemberRecord | null> {
    const member = await manager.findOneBy(MemberEntity, { accountId, id });
    return member === null ? null : ((await recordsOf(manager, [member]))[0] ?? null);
  }

  /** Oldest first. */
  async list(accountId: string, limit: number, after: Place | null): Promise<MemberRecord[]> {
    const query = this.database.read
      .createQueryBuilder(MemberEntity, 'row')
      .where('row.accountId = :accountId', given({ accountId }));
    return recordsOf(this.database.read, await pageAfter(query, limit, after).getMany());
  }

  /** What somebody is, in all accounts, the longest there first. */
  ofPerson(personId: string, manager: EntityManager = this.database.read): Promise<MemberEntity[]> {
    return membersOfPerson(manager, personId);
  }

  /** How many admins an account has; asked in the change that takes one away, since changes follow one another. */
  countAdmins(change: Change, accountId: string): Promise<number> {
    return change.manager.countBy(MemberEntity, { accountId, role: 'admin' });
  }

  /** @returns the new member, or `null` if this person is one already */
  async create(
    change: Change,
    accountId: string,
    personId: string,
    role: Role,
  ): Promise<MemberEntity | null> {
    const { manager, now: createdAt, revision } = change;
    if (await manager.existsBy(MemberEntity, { accountId, personId })) return null;
    const id = newId('mem');
    const member = { id, accountId, personId, role, getsNoticeEmails: true, createdAt, revision };
    await manager.insert(MemberEntity, member);
    return manager.findOneByOrFail(MemberEntity, { id });
  }

  async setRole({ manager, revision }: Change, id: string, role: Role): Promise<MemberEntity> {
    await manager.update(MemberEntity, { id }, { role, revision });
    return manager.findOneByOrFail(MemberEntity, { id });
  }

  /**
   * Whether notices come to them by e-mail from now on: a setting of their own, which is no part of what others see of a member.
   *
   * @returns the member as it was, or `null` if this person is no such member
   */
  async setGetsNoticeEmails(
    { manager }: Change,
    personId: string,
    id: string,
    getsNoticeEmails: boolean,
  ): Promise<MemberEntity | null> {
    const before = await manager.findOneBy(MemberEntity, { id, personId });
    if (before !== null && before.getsNoticeEmails !== getsNoticeEmails)
      await manager.update(MemberEntity, { id }, { getsNoticeEmails });
    return before;
  }

  async remove({ manager }: Change, id: string): Promise<void> {
    await manager.delete(MemberEntity, { id });
  }
}

export function membersOfPerson(manager: EntityManager, personId: string): Promise<MemberEntity[]> {
  return manager.find(MemberEntity, {
    where: { personId },
    order: { createdAt: 'ASC', id: 'ASC' },
  });
}

async function recordsOf(
  manager: EntityManager,
  members: readonly MemberEntity[],
): Promise<MemberRecord[]> {
  if (members.length === 0) return [];
  const ids = members.map(({ personId }) => personId);
  const people = await manager.findBy(PersonEntity, { id: In(ids) });
  const seen = await manager
    .createQueryBuilder(SessionEntity, 'row')
    .select('row.personId', 'personId')
    .addSelect('MAX(row.lastUsedAt)', 'lastSeenAt')
    .where('row.personId IN (:...ids)', { ids })
    .groupBy('row.personId')
    .getRawMany<{ personId: string; lastSeenAt: string | number }>();
  const factors = await manager.find(SecondFactorEntity, {
    select: { personId: true },
    where: { personId: In(ids), confirmedAt: Not(IsNull()) },
  });
  const secured = new Set(factors.map(({ personId }) => personId));
  const passkeys = await manager.find(PasskeyEntity, {
    select: { personId: true },
    where: { personId: In(ids) },
  });
  const withPasskeys = new Set(passkeys.map(({ personId }) => personId));
  return members.flatMap((member) => {
    const person = people.find(({ id }) => id === member.personId);
    const last = seen.find(({ personId }) => personId === member.personId);
    if (person === undefined) return [];
    const lastSeenAt = last === undefined ? null : Number(last.lastSeenAt);
    return [
      {
        ...{ member, person, lastSeenAt },
        hasSecondFactor: secured.has(person.id),
        hasPasskeys: withPasskeys.has(person.id),
      },
    ];
  });
}
