import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, Not, type EntityManager } from 'typeorm';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { SecondFactorEntity } from './entities/second-factor.entity.js';
import { given } from './given.js';
import { RecoveryCodesStore } from './recovery-codes.store.js';
import { SealedCredentials, type CredentialOwner } from './sealed-credentials.js';

/** Authenticator apps of people: at most one each. */
@Injectable()
export class SecondFactorsStore {
  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
    private readonly recoveryCodes: RecoveryCodesStore,
  ) {}

  /** Confirmed or not. @param manager of a change that is under way */
  find(
    personId: string,
    manager: EntityManager = this.database.read,
  ): Promise<SecondFactorEntity | null> {
    return manager.findOneBy(SecondFactorEntity, { personId });
  }

  /** The one that is asked for at a sign-in. @param manager of a change that is under way */
  findOn(
    personId: string,
    manager: EntityManager = this.database.read,
  ): Promise<SecondFactorEntity | null> {
    return manager.findOneBy(SecondFactorEntity, { personId, confirmedAt: Not(IsNull()) });
  }

  /** One that is yet to be confirmed, in the place of another such. @param secret in base32 */
  async begin({ manager, now }: Change, personId: string, secret: string): Promise<void> {
    await manager.delete(SecondFactorEntity, { personId, confirmedAt: IsNull() });
    const id = newId('fac');
    await manager.insert(SecondFactorEntity, {
      ...{ id, personId, secret: this.credentials.sealText(secret, ownerOf(id)) },
      ...{ createdAt: now, confirmedAt: null, lastStep: 0, failures: 0 },
    });
  }

  /** @returns the secret, in base32 @throws Error if it cannot be unsealed */
  secretOf({ id, secret }: SecondFactorEntity): string {
    return this.credentials.openText(secret, ownerOf(id));
  }

  /** @param step of the code that confirms it @returns whether there was one to confirm */
  async confirm({ manager, now }: Change, id: string, step: number): Promise<boolean> {
    const begun = { id, confirmedAt: IsNull() };
    const confirmed = { confirmedAt: now, lastStep: step };
    return (await manager.update(SecondFactorEntity, begun, confirmed)).affected === 1;
  }

  /** Accepts the code of a step, for whoever comes first with it. @returns whether that was here */
  async useStep({ manager }: Change, id: string, step: number): Promise<boolean> {
    const open = { id, confirmedAt: Not(IsNull()), lastStep: LessThan(step) };
    const used = { lastStep: step, failures: 0 };
    return (await manager.update(SecondFactorEntity, open, used)).affected === 1;
  }

  /** Counts a wrong code. @returns how many there were since the last right one */
  countFailure(id: string): Promise<number> {
    const one = given({ id });
    return this.database.write(async (manager) => {
      await manager.increment(SecondFactorEntity, one, 'failures', 1);
      return (await manager.findOneBy(SecondFactorEntity, one))?.failures ?? 0;
    });
  }

  /** A right code of another kind was given. */
  async forgetFailures({ manager }: Change, id: string): Promise<void> {
    await manager.update(SecondFactorEntity, given({ id }), { failures: 0 });
  }

  /** From now on a password is enough again. @returns whether there was one that was asked for */
  async turnOff(change: Change, personId: string): Promise<boolean> {
    const isOn = (await this.findOn(personId, change.manager)) !== null;
    await change.manager.delete(SecondFactorEntity, { personId });
    await this.recoveryCodes.remove(change, personId);
    return isOn;
  }
}

function ownerOf(id: string): CredentialOwner {
  return `second_factor:${id}`;
}
