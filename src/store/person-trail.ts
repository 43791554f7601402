import { Injectable } from '@nestjs/common';
import { AuditTrailStore } from './audit-trail.store.js';
import type { Change } from './database.js';
import { AccountEntity } from './entities/account.entity.js';
import type { Actor } from './entities/audit-event.entity.js';
import type { PersonEntity } from './entities/person.entity.js';
import { membersOfPerson } from './members.store.js';

/** What somebody did with their own sign-in. */
export interface PersonEntry {
  readonly action: string;
  /** Who did it, where that was not they themselves. */
  readonly actor?: Actor;
  readonly callerIp: string | null;
  readonly before?: object;
  readonly after?: object;
}

/**
 * Puts what somebody does with their sign-in on the trail of every account that it opens: each of them has to know who comes in,
 * and from where. Of who is a member nowhere the operator's account knows.
 */
@Injectable()
export class PersonTrail {
  constructor(private readonly audit: AuditTrailStore) {}

  async append(change: Change, { id, name }: PersonEntity, entry: PersonEntry): Promise<void> {
    const target = { type: 'person', id };
    const members = await membersOfPerson(change.manager, id);
    for (const { id: memberId, accountId } of members) {
      const actor = { kind: 'member' as const, id: memberId, name };
      await this.audit.append(change, { actor, ...entry, accountId, target });
    }
    if (members.length > 0) return;
    const operator = await change.manager.findOneByOrFail(AccountEntity, { isOperator: true });
    const actor = { kind: 'member' as const, id, name };
    await this.audit.append(change, { actor, ...entry, accountId: operator.id, target });
  }
}
