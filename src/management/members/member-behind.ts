import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { ApiKeysStore } from '../../store/api-keys.store.js';
import type { Change } from '../../store/database.js';
import type { MemberEntity } from '../../store/entities/member.entity.js';

/** Whom it comes back to: the member who calls, or who made the key that does, be it by another key. */
@Injectable()
export class MemberBehind {
  constructor(private readonly keys: ApiKeysStore) {}

  /** Whether it is one of these. */
  async isOf(
    { manager }: Change,
    caller: Caller,
    members: readonly Pick<MemberEntity, 'id'>[],
  ): Promise<boolean> {
    const behind = caller.member?.id ?? (await this.keys.makerOf(caller.id, manager));
    return members.some(({ id }) => id === behind);
  }
}
