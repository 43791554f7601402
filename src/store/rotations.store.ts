import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual } from 'typeorm';
import { newId } from '../core/ids.js';
import { secretEndsOf, type Rotation } from '../core/rotation.js';
import type { Environment } from '../core/secret-format.js';
import { Database, type Change } from './database.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import { SecretsStore, type IssuedSecret } from './secrets.store.js';

@Injectable()
export class RotationsStore {
  constructor(
    private readonly database: Database,
    private readonly secrets: SecretsStore,
  ) {}

  find(keyId: string, id: string): Promise<RotationEntity | null> {
    return this.database.read.findOneBy(RotationEntity, { id, keyId });
  }

  /** Newest first. */
  list(keyId: string, limit: number): Promise<RotationEntity[]> {
    return this.database.read.find(RotationEntity, {
      where: { keyId },
      order: { startedAt: 'DESC' },
      take: limit,
    });
  }

  /** Gives the key a new current secret and the old one the end that `rotation` says. */
  async open(
    change: Change,
    key: { readonly id: string; readonly environment: Environment },
    retiringSecretId: string,
    rotation: Rotation,
    openedBy: string | null,
  ): Promise<{ id: string; secret: IssuedSecret }> {
    const id = newId('rot');
    await markChanged(change, key.id);
    const secret = await this.secrets.issue(change, key.id, key.environment);
    await change.manager.insert(RotationEntity, {
      ...rotation,
      id,
      keyId: key.id,
      retiringSecretId,
      replacingSecretId: secret.id,
      openedBy,
    });
    const { retiring } = secretEndsOf(rotation);
    await change.manager.update(
      SecretEntity,
      { id: retiringSecretId },
      { endsAt: retiring.endsAt, rotationId: id },
    );
    return { id, secret };
  }

  /** Writes down the step a rotation took, and what it makes of its two secrets. */
  async save(change: Change, before: RotationEntity, next: Rotation): Promise<void> {
    const { id, keyId, retiringSecretId, replacingSecretId } = before;
    const { standing, graceEndsAt, endedAt } = next;
    const { retiring, replacing } = secretEndsOf(next);
    await markChanged(change, keyId);
    await change.manager.update(RotationEntity, { id }, { standing, graceEndsAt, endedAt });
    const rotationId = retiring.endsAt === null ? null : id;
    await change.manager.update(
      SecretEntity,
      { id: retiringSecretId },
      { endsAt: retiring.endsAt, rotationId },
    );
    if (replacing.revokedAt === null) return;
    await change.manager.update(
      SecretEntity,
      { id: replacingSecretId },
      { revokedAt: replacing.revokedAt },
    );
  }

  /** Ends a secret that was never used. @returns whether that is so */
  async revokeUnused(change: Change, secretId: string): Promise<boolean> {
    const unused = { id: secretId, firstUsedAt: IsNull(), revokedAt: IsNull() };
    const { affected } = await change.manager.update(SecretEntity, unused, {
      revokedAt: change.now,
    });
    return affected === 1;
  }

  /** Puts another new secret in the place of the one that an open rotation brought. @returns `null` if that was used */
  async reissue(
    change: Change,
    key: { readonly id: string; readonly environment: Environment },
    rotation: RotationEntity,
  ): Promise<IssuedSecret | null> {
    if (!(await this.revokeUnused(change, rotation.replacingSecretId))) return null;
    await markChanged(change, key.id);
    const secret = await this.secrets.issue(change, key.id, key.environment);
    await change.manager.update(
      RotationEntity,
      { id: rotation.id },
      { replacingSecretId: secret.id },
    );
    return secret;
  }

  /** Writes down which open rotations of a key have ended because their grace is over. The secrets ended by themselves. */
  async writeDownExpired(change: Change, keyId: string): Promise<void> {
    await change.manager.update(
      RotationEntity,
      { keyId, standing: 'open', graceEndsAt: LessThanOrEqual(change.now) },
      { standing: 'expired' },
    );
  }

  /** Closes the open rotation of a key that ends with both its secrets. */
  async endWithKey(change: Change, keyId: string): Promise<void> {
    await this.writeDownExpired(change, keyId);
    await change.manager.update(
      RotationEntity,
      { keyId, standing: 'open' },
      { standing: 'finished', endedAt: change.now },
    );
  }
}

/** A key's secrets and its rotation are part of what is shown of it, so they change its ETag. */
async function markChanged(change: Change, keyId: string): Promise<void> {
  await change.touch('key', keyId);
  await change.manager.update(ApiKeyEntity, { id: keyId }, { revision: change.revision });
}
