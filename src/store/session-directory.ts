import { Inject, Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import type { AccountPolicy } from '../core/account-policy.js';
import {
  StoreUnavailableError,
  type Clock,
  type HeldMember,
  type HeldSession,
  type SessionDirectory,
} from '../core/ports.js';
import { sessionEnd, usedEveryMs, type SessionTerms } from '../core/session-life.js';
import { heldAccount } from './credential-query.js';
import { isDatabaseAway } from './database-failure.js';
import { Database } from './database.js';
import { AccountEntity } from './entities/account.entity.js';
import { PersonEntity } from './entities/person.entity.js';
import { SessionEntity } from './entities/session.entity.js';
import { Lease } from './lease.js';
import { membersOfPerson } from './members.store.js';
import { orUnavailable } from './or-unavailable.js';
import { TokenDigests } from './token-digests.js';
import { CLOCK, POLICY_DEFAULTS, SESSION_TERMS } from './tokens.js';

/**
 * Sessions as they are in the database. They are few, so nothing of them is remembered: what ends one, or changes what somebody is,
 * holds for the next request on every node.
 */
@Injectable()
export class StoredSessions implements SessionDirectory {
  constructor(
    private readonly database: Database,
    private readonly digests: TokenDigests,
    private readonly lease: Lease,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SESSION_TERMS) private readonly terms: SessionTerms,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {}

  async find(token: string): Promise<HeldSession | null> {
    const digests = this.digests.of(token, 'session');
    if (digests.length === 0) return null;
    if (!this.lease.holds)
      throw new StoreUnavailableError('This node has not heard from the database for too long.');
    return orUnavailable(this.#read(digests));
  }

  async #read(digests: readonly string[]): Promise<HeldSession | null> {
    const manager = this.database.read;
    const session = await manager.findOneBy(SessionEntity, { digest: In(digests) });
    if (session === null) return null;
    await this.#use(session);
    const { id, personId, createdAt: startedAt, endedAt } = session;
    const { name, email } = await manager.findOneByOrFail(PersonEntity, { id: personId });
    const expiresAt = sessionEnd(session, this.terms);
    const members = await this.#members(personId);
    return { id, person: { id: personId, name, email }, startedAt, expiresAt, endedAt, members };
  }

  /** Written down now and then: who looks around all day is not signed out meanwhile. */
  async #use(session: SessionEntity): Promise<void> {
    const now = this.clock.now();
    const lasts = session.endedAt === null && now < sessionEnd(session, this.terms);
    if (!lasts || now < session.lastUsedAt + usedEveryMs) return;
    try {
      await this.database.write((manager) =>
        manager.update(SessionEntity, { id: session.id, endedAt: IsNull() }, { lastUsedAt: now }),
      );
      session.lastUsedAt = now;
    } catch (error) {
      // A database that takes no writes can be read all the same.
      if (!isDatabaseAway(error)) throw error;
    }
  }

  async #members(personId: string): Promise<HeldMember[]> {
    const members = await membersOfPerson(this.database.read, personId);
    const ids = members.map(({ accountId }) => accountId);
    const accounts =
      ids.length === 0 ? [] : await this.database.read.findBy(AccountEntity, { id: In(ids) });
    return members.flatMap(({ accountId, ...member }) => {
      const account = accounts.find((each) => each.id === accountId);
      if (account === undefined) return [];
      const { id, role, getsNoticeEmails } = member;
      return [{ id, role, getsNoticeEmails, account: heldAccount(account, this.policyDefaults) }];
    });
  }
}
