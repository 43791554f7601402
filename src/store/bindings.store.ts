import { Injectable } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { newId } from '../core/ids.js';
import type { UpstreamCredential } from '../core/ports.js';
import type { Environment } from '../core/secret-format.js';
import { Database, type Change } from './database.js';
import { BindingEntity } from './entities/binding.entity.js';
import { SealedCredentials } from './sealed-credentials.js';

/** Which account may use which service, in one environment or (`null`) in all. */
export interface BindingPlace {
  readonly accountId: string;
  readonly serviceId: string;
  readonly environment: Environment | null;
}

export interface BindingSettings {
  readonly upstream: string | null;
  /** `undefined` leaves the one that is there. */
  readonly credential: UpstreamCredential | null | undefined;
}

@Injectable()
export class BindingsStore {
  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
  ) {}

  list(accountId: string, serviceId: string): Promise<BindingEntity[]> {
    return this.database.read.find(BindingEntity, {
      where: { accountId, serviceId },
      order: { environment: 'ASC' },
    });
  }

  find(change: Change, place: BindingPlace): Promise<BindingEntity | null> {
    return change.manager.findOneBy(BindingEntity, whereOf(place));
  }

  async put(
    change: Change,
    place: BindingPlace,
    settings: BindingSettings,
  ): Promise<BindingEntity> {
    const before = await this.find(change, place);
    const id = before?.id ?? newId('bnd');
    const { upstream, credential } = settings;
    const row = {
      ...place,
      id,
      upstream,
      credential:
        credential === undefined
          ? (before?.credential ?? null)
          : credential && this.credentials.seal(credential, `binding:${id}`),
      revision: change.revision,
    };
    await change.touch('account', place.accountId);
    if (before === null) await change.manager.insert(BindingEntity, row);
    else await change.manager.update(BindingEntity, { id }, row);
    return change.manager.findOneByOrFail(BindingEntity, { id });
  }

  async remove(change: Change, { id, accountId }: BindingEntity): Promise<void> {
    await change.touch('account', accountId);
    await change.manager.delete(BindingEntity, { id });
  }
}

function whereOf({ accountId, serviceId, environment }: BindingPlace): object {
  return { accountId, serviceId, environment: environment ?? IsNull() };
}
