import { Injectable } from '@nestjs/common';
import { outlivesNewSecret, type AccountPolicy } from '../core/account-policy.js';
import { keyStateAt, secretStateAt } from '../core/key-state.js';
import {
  isUnderway,
  openRotation,
  type OpeningRefusal,
  type RotationWish,
} from '../core/rotation.js';
import type { ApiKeyRecord } from './api-keys.store.js';
import { AuditTrailStore } from './audit-trail.store.js';
import type { Change } from './database.js';
import type { Actor } from './entities/audit-event.entity.js';
import { RotationEntity } from './entities/rotation.entity.js';
import { NoticesStore } from './notices.store.js';
import { rotationFacts } from './rotation-facts.js';
import { RotationsStore } from './rotations.store.js';

/** Who opens a rotation, and from where. */
export interface RotationOpener {
  readonly actor: Actor;
  readonly callerIp: string | null;
}

/** A rotation with its new secret, which is shown this once. */
export interface IssuedRotation {
  readonly rotation: RotationEntity;
  readonly secret: string;
}

export type Opening =
  | ({ readonly ok: true } & IssuedRotation)
  | { readonly ok: false; readonly refusal: OpeningRefusal };

/** Gives a key a new secret by a rotation, whoever asks for it: an admin for a key, or a key for itself. */
@Injectable()
export class RotationOpening {
  constructor(
    private readonly rotations: RotationsStore,
    private readonly audit: AuditTrailStore,
    private readonly notices: NoticesStore,
  ) {}

  /**
   * Gives the key a new secret; the old one works beside it until the grace is over, and then ends by itself.
   *
   * @param record of the key, read in this change
   * @param policy of the key's account
   */
  async open(
    change: Change,
    record: ApiKeyRecord,
    wish: RotationWish,
    { actor, callerIp }: RotationOpener,
    policy: AccountPolicy,
  ): Promise<Opening> {
    const { key } = record;
    const refusal = refusalAt(record, change.now);
    if (refusal !== null) return { ok: false, refusal };
    const step = openRotation(change.now, wish, policy);
    if (!step.ok) return { ok: false, refusal: wishRefusal(step.why, wish, policy) };
    if (outlivesNewSecret(step.rotation.graceEndsAt, { createdAt: change.now }, policy)) {
      const { secretAgeDaysMax } = policy;
      return { ok: false, refusal: { why: 'grace_outlives_secret', secretAgeDaysMax } };
    }
    await this.rotations.writeDownExpired(change, key.id);
    const retiring = currentSecretOf(record, change.now);
    const { id, secret } = await this.rotations.open(
      change,
      key,
      retiring.id,
      step.rotation,
      actor.id,
    );
    const rotation = await change.manager.findOneByOrFail(RotationEntity, { id });
    await this.audit.append(change, {
      ...{ accountId: key.accountId, action: 'rotation.opened', actor, callerIp },
      ...{ target: { type: 'key', id: key.id }, after: rotationFacts(rotation) },
    });
    await this.notices.putOfRotation(change, 'rotation.opened', rotation);
    return { ok: true, rotation, secret: secret.text };
  }

  /**
   * Puts another new secret in the place of one that was lost on its way.
   *
   * @param rotation of this key, and underway
   * @returns `null` if that secret was used: then it did not get lost
   */
  async reissue(
    change: Change,
    { key }: ApiKeyRecord,
    rotation: RotationEntity,
    { actor, callerIp }: RotationOpener,
  ): Promise<IssuedRotation | null> {
    const issued = await this.rotations.reissue(change, key, rotation);
    if (issued === null) return null;
    const after = await change.manager.findOneByOrFail(RotationEntity, { id: rotation.id });
    await this.audit.append(change, {
      ...{ accountId: key.accountId, action: 'rotation.reissued', actor, callerIp },
      target: { type: 'key', id: key.id },
      ...{ before: rotationFacts(rotation), after: rotationFacts(after) },
    });
    return { rotation: after, secret: issued.text };
  }
}

function wishRefusal(
  why: 'start_out_of_range' | 'grace_out_of_range',
  { grace }: RotationWish,
  { graceSecondsDefault, graceSecondsMax }: AccountPolicy,
): OpeningRefusal {
  if (why === 'start_out_of_range') return { why };
  return { why, grace: grace ?? { seconds: graceSecondsDefault }, graceSecondsMax };
}

function refusalAt({ key, openRotation: open }: ApiKeyRecord, now: number): OpeningRefusal | null {
  const state = keyStateAt(key, now);
  if (state === 'revoked' || state === 'expired') return { why: `key_${state}` };
  return open !== null && isUnderway(open, now) ? { why: 'rotation_open', rotation: open } : null;
}

function currentSecretOf({ secrets }: ApiKeyRecord, now: number) {
  const current = secrets.find((secret) => secretStateAt(secret, now) === 'current');
  if (current === undefined)
    throw new Error('A key that is neither revoked nor expired has a current secret.');
  return current;
}
