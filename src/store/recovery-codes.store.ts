import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import { newId } from '../core/ids.js';
import { newRecoveryCode, recoveryCodesAtOnce } from '../core/recovery-code.js';
import { Database, type Change } from './database.js';
import { RecoveryCodeEntity } from './entities/recovery-code.entity.js';
import { given } from './given.js';
import { TokenDigests } from './token-digests.js';

/** Codes that stand in for an authenticator app, once each. */
@Injectable()
export class RecoveryCodesStore {
  constructor(
    private readonly database: Database,
    private readonly digests: TokenDigests,
  ) {}

  /** Makes new ones in the place of all that there are. @returns the codes, at the only moment at which they are known */
  async replace(change: Change, personId: string): Promise<string[]> {
    await this.remove(change, personId);
    const codes = Array.from({ length: recoveryCodesAtOnce }, newRecoveryCode);
    const rows = codes.map((code) => ({
      ...{ id: newId('rcv'), personId, ...this.digests.keep(code), usedAt: null },
    }));
    await change.manager.insert(RecoveryCodeEntity, rows);
    return codes;
  }

  /** One that is still good. @param code as it was made */
  find(personId: string, code: string): Promise<RecoveryCodeEntity | null> {
    const digest = In(this.digests.ofText(given({ code }).code));
    return this.database.read.findOneBy(RecoveryCodeEntity, { personId, digest, usedAt: IsNull() });
  }

  /** Takes one for whoever comes first. @returns whether that was here */
  async use({ manager, now }: Change, id: string): Promise<boolean> {
    const good = { id, usedAt: IsNull() };
    return (await manager.update(RecoveryCodeEntity, good, { usedAt: now })).affected === 1;
  }

  /** How many are still good. @param manager of a change that is under way */
  count(personId: string, manager = this.database.read): Promise<number> {
    return manager.countBy(RecoveryCodeEntity, { personId, usedAt: IsNull() });
  }

  async remove({ manager }: Change, personId: string): Promise<void> {
    await manager.delete(RecoveryCodeEntity, { personId });
  }
}
