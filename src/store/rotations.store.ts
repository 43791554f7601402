import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual } from 'typeorm';
import type { Brownout } from '../core/brownout.js';
import { newId } from '../core/ids.js';
import { secretEndsOf, type Rotation } from '../core/rotation.js';
import type { Environment } from '../core/secret-format.js';
import { AuditTrailStore } from './audit-trail.store.js';
import { Database, type Change } from './database.js';
import { ApiKeyEntity } from './entities/api-key.entity.js';
import type { Actor } from './entities/audit-event.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { SecretEntity } from './entities/secret.entity.js';
import { NoticesStore } from './notices.store.js';
import { rotationFacts } from './rotation-facts.js';
import { SecretsStore, type IssuedSecret } from './secrets.store.js';

const byItself: Actor = { kind: 'installation', id: null, name: 'the end of its grace' };

@Injectable()
export class RotationsStore {
  constructor(
    private readonly database: Database,
    private readonly secrets: SecretsStore,
    private readonly notices: NoticesStore,
    private readonly audit: AuditTrailStore,
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
      brownouts: [],
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
    const { standing, startedAt, graceEndsAt, endedAt } = next;
    const { retiring, replacing } = secretEndsOf(next);
    await markChanged(change, keyId);
    await change.manager.update(
      RotationEntity,
      { id },
      { standing, startedAt, graceEndsAt, endedAt },
    );
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

  async setBrownouts(
    change: Change,
    { id, keyId }: RotationEntity,
    brownouts: readonly Brownout[],
  ): Promise<void> {
    await markChanged(change, keyId);
    await change.manager.update(RotationEntity, { id }, { brownouts: [...brownouts] });
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

  /**
   * Writes down, and tells, that the open rotation of a key has ended because its grace is over. The secret ended by itself.
   *
   * @returns whether there was one
   */
  async writeDownExpired(change: Change, keyId: string): Promise<boolean> {
    const rotation = await change.manager.findOneBy(RotationEntity, {
      keyId,
      standing: 'open',
      graceEndsAt: LessThanOrEqual(change.now),
    });
    if (rotation === null) return false;
    const { id } = rotation;
    await change.manager.update(RotationEntity, { id }, { standing: 'expired' });
    await this.#recordExpired(change, rotation);
    await this.notices.putOfRotation(change, 'rotation.expired', rotation);
    return true;
  }

  /** It ended by itself, and before it was written down: the event says when, in what it shows of the rotation. */
  async #recordExpired(change: Change, rotation: RotationEntity): Promise<void> {
    const { keyId } = rotation;
    const { accountId } = await change.manager.findOneByOrFail(ApiKeyEntity, { id: keyId });
    await this.audit.append(change, {
      ...{ accountId, action: 'rotation.expired', actor: byItself, callerIp: null },
      target: { type: 'key', id: keyId },
      before: rotationFacts(rotation),
      after: { ...rotationFacts(rotation), standing: 'expired' },
    });
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
