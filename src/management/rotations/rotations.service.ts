import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { scopesBeyond } from '../../core/delegation.js';
import { keyStateAt, secretStateAt } from '../../core/key-state.js';
import type { Clock } from '../../core/ports.js';
import {
  cancelRotation,
  finishRotation,
  moveGraceEnd,
  openRotation,
  rotationStateAt,
  type RotationStep,
} from '../../core/rotation.js';
import {
  conflict,
  notFound,
  scopeNotGrantable,
  selfEdit,
} from '../../platform/errors/api-error.js';
import { iso } from '../../platform/http/times.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { withoutLog } from '../../store/call-log/without-log.js';
import { CallsStore } from '../../store/call-log/calls.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { RotationEntity } from '../../store/entities/rotation.entity.js';
import type { SecretEntity } from '../../store/entities/secret.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { RotationsStore } from '../../store/rotations.store.js';
import { CLOCK } from '../../store/tokens.js';
import { rotationRefusal, secretAlreadyUsed } from './rotation-refusal.js';
import type { IssuedRotationResponse, RotationResponse } from './rotations.dto.js';
import { noTraffic, rotationFacts, rotationResponse } from './rotation.response.js';

@Injectable()
export class RotationsService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysStore,
    private readonly rotations: RotationsStore,
    private readonly audit: AuditTrailStore,
    private readonly calls: CallsStore,
    private readonly idempotency: IdempotencyStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Gives the key a new secret; the old one works beside it until the grace is over, and then ends by itself. */
  open(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    graceSeconds: number,
  ): Promise<IssuedRotationResponse> {
    return this.database.change(async (change) => {
      await this.rotations.writeDownExpired(change, keyId);
      const record = await this.keys.find(account.id, keyId, change.manager);
      if (record === null) throw notFound('key');
      const retiring = this.secretToRetire(caller, account, record, change.now);
      const step = openRotation(change.now, graceSeconds);
      if (!step.ok) throw new Error(`The grace was checked, and still: ${step.why}.`);
      const opened = await this.rotations.open(
        change,
        record.key,
        retiring.id,
        step.rotation,
        caller.keyId,
      );
      const created = await change.manager.findOneByOrFail(RotationEntity, { id: opened.id });
      await this.record(change, caller, account, 'rotation.opened', null, created);
      // The same for the first answer as for its replays: nobody has used it yet.
      const answer = rotationResponse(created, noTraffic, change.now);
      await this.idempotency.complete(change, caller.idempotency, answer);
      return { ...answer, secret: opened.secret.text };
    });
  }

  async read(account: AccountEntity, keyId: string, id: string): Promise<RotationResponse> {
    const record = await this.keys.find(account.id, keyId);
    const rotation = record === null ? null : await this.rotations.find(keyId, id);
    if (rotation === null) throw notFound('rotation');
    return this.show(rotation);
  }

  /** The old secret ends now. */
  finish(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
  ): Promise<RotationResponse> {
    return this.take(caller, account, keyId, id, 'rotation.finished', async (rotation, { now }) =>
      finishRotation(rotation, now),
    );
  }

  /**
   * The new secret ends and the old one stays; refused once the new one was used, unless forced. It widens the key, whose old
   * secret was about to end, so the key's scopes must be the caller's to hand out.
   */
  cancel(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    force: boolean,
  ): Promise<RotationResponse> {
    const action = 'rotation.cancelled';
    return this.take(caller, account, keyId, id, action, async (rotation, change, record) => {
      checkMayWiden(caller, account, record);
      // Taken away in the same statement that looks whether it was used: its first use cannot come between.
      const replacingUsed =
        !force && !(await this.rotations.revokeUnused(change, rotation.replacingSecretId));
      return cancelRotation(rotation, change.now, { replacingUsed, force });
    });
  }

  /** Moves the end of the grace, later or sooner. Later widens the key, so its scopes must be the caller's to hand out. */
  extend(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    graceEndsAt: string,
  ): Promise<RotationResponse> {
    const action = 'rotation.extended';
    const endsAt = Date.parse(graceEndsAt);
    return this.take(caller, account, keyId, id, action, async (rotation, { now }, record) => {
      if (endsAt > rotation.graceEndsAt) checkMayWiden(caller, account, record);
      return moveGraceEnd(rotation, now, endsAt);
    });
  }

  /** Gives the rotation another new secret in the place of one that was lost on its way, as long as that was never used. */
  async reissue(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
  ): Promise<IssuedRotationResponse> {
    const { rotation, secret } = await this.database.change(async (change) => {
      const { record, rotation: before } = await this.find(change, caller, account, keyId, id);
      if (rotationStateAt(before, change.now) !== 'open')
        throw rotationRefusal('not_open', before, change.now);
      checkMayWiden(caller, account, record);
      const issued = await this.rotations.reissue(change, record.key, before);
      if (issued === null) throw secretAlreadyUsed();
      const after = await change.manager.findOneByOrFail(RotationEntity, { id });
      await this.record(change, caller, account, 'rotation.reissued', before, after);
      return { rotation: after, secret: issued.text };
    });
    return { ...(await this.show(rotation)), secret };
  }

  private async take(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    action: string,
    step: (rotation: RotationEntity, change: Change, record: ApiKeyRecord) => Promise<RotationStep>,
  ): Promise<RotationResponse> {
    const taken = await this.database.change(async (change) => {
      const { record, rotation: before } = await this.find(change, caller, account, keyId, id);
      if (rotationStateAt(before, change.now) !== 'open')
        throw rotationRefusal('not_open', before, change.now);
      const next = await step(before, change, record);
      if (!next.ok) {
        const traffic = await withoutLog(
          this.calls.trafficOf(keyId, before.replacingSecretId, before.startedAt),
          noTraffic.replacing,
        );
        throw rotationRefusal(next.why, before, change.now, traffic);
      }
      await this.rotations.save(change, before, next.rotation);
      const after = await change.manager.findOneByOrFail(RotationEntity, { id });
      await this.record(change, caller, account, action, before, after);
      return after;
    });
    return this.show(taken);
  }

  private async find(
    change: Change,
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
  ): Promise<{ record: ApiKeyRecord; rotation: RotationEntity }> {
    const record = await this.keys.find(account.id, keyId, change.manager);
    const rotation =
      record === null ? null : await change.manager.findOneBy(RotationEntity, { id, keyId });
    if (record === null || rotation === null) throw notFound('rotation');
    if (caller.keyId === keyId) throw selfEdit();
    if (record.key.standing === 'revoked')
      throw conflict('A revoked key cannot be changed.', 'KEY_REVOKED');
    return { record, rotation };
  }

  private record(
    change: Change,
    { actor, callerIp }: Caller,
    account: AccountEntity,
    action: string,
    before: RotationEntity | null,
    after: RotationEntity,
  ): Promise<void> {
    return this.audit.append(change, {
      accountId: account.id,
      action,
      actor,
      callerIp,
      target: { type: 'key', id: after.keyId },
      ...(before !== null && { before: rotationFacts(before) }),
      after: rotationFacts(after),
    });
  }

  private secretToRetire(
    caller: Caller,
    account: AccountEntity,
    record: ApiKeyRecord,
    now: number,
  ): SecretEntity {
    const { key, secrets } = record;
    if (caller.keyId === key.id) throw selfEdit();
    const state = keyStateAt(key, now);
    if (state === 'revoked' || state === 'expired') {
      throw conflict(
        `The key is ${state}, so it gets no new secret.`,
        `KEY_${state.toUpperCase()}`,
      );
    }
    if (record.openRotation !== null) {
      const { id, graceEndsAt } = record.openRotation;
      throw conflict('A rotation of this key is open already.', 'ROTATION_OPEN', {
        rotationId: id,
        graceEndsAt: iso(graceEndsAt),
      });
    }
    checkMayWiden(caller, account, record);
    const current = secrets.find((secret) => secretStateAt(secret, now) === 'current');
    if (current === undefined)
      throw new Error('A key that is neither revoked nor expired has a current secret.');
    return current;
  }

  private async show(rotation: RotationEntity): Promise<RotationResponse> {
    const { keyId, startedAt, retiringSecretId, replacingSecretId } = rotation;
    const trafficOf = (secretId: string) =>
      withoutLog(this.calls.trafficOf(keyId, secretId, startedAt), noTraffic.retiring);
    const retiring = await trafficOf(retiringSecretId);
    const replacing = await trafficOf(replacingSecretId);
    return rotationResponse(rotation, { retiring, replacing }, this.clock.now());
  }
}

/** Nobody gives more than they may give (contract §6). @throws ApiError 403 */
function checkMayWiden(
  caller: Caller,
  account: AccountEntity,
  { scopes, grantableScopes }: ApiKeyRecord,
): void {
  const beyond = scopesBeyond(caller, [...scopes, ...grantableScopes], account);
  if (beyond.length > 0) throw scopeNotGrantable(beyond);
}
