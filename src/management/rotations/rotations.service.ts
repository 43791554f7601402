import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { scopesBeyond } from '../../core/delegation.js';
import { keyStateAt, secretStateAt } from '../../core/key-state.js';
import type { Clock } from '../../core/ports.js';
import { openRotation, rotationStateAt } from '../../core/rotation.js';
import { conflict, notFound, scopeNotGrantable, selfEdit } from '../../platform/errors/api-error.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { CallsStore, type SecretTraffic } from '../../store/call-log/calls.store.js';
import { Database } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { RotationEntity } from '../../store/entities/rotation.entity.js';
import type { SecretEntity } from '../../store/entities/secret.entity.js';
import { RotationsStore } from '../../store/rotations.store.js';
import { CLOCK } from '../../store/tokens.js';
import type { IssuedRotationResponse, RotationResponse, RotationSideResponse } from './rotations.dto.js';

@Injectable()
export class RotationsService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysStore,
    private readonly rotations: RotationsStore,
    private readonly audit: AuditTrailStore,
    private readonly calls: CallsStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Gives the key a new secret; the old one works beside it until the grace is over, and then ends by itself. */
  async open(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    graceSeconds: number,
  ): Promise<IssuedRotationResponse> {
    const { rotation, secret } = await this.database.change(async (change) => {
      await this.rotations.writeDownExpired(change, keyId);
      const record = await this.keys.find(account.id, keyId, change.manager);
      if (record === null) throw notFound('key');
      const retiring = this.secretToRetire(caller, account, record, change.now);
      const step = openRotation(change.now, graceSeconds);
      if (!step.ok) throw new Error(`The grace was checked, and still: ${step.why}.`);
      const opened = await this.rotations.open(change, record.key, retiring.id, step.rotation, caller.keyId);
      const created = await change.manager.findOneByOrFail(RotationEntity, { id: opened.id });
      await this.audit.append(change, {
        accountId: account.id,
        action: 'rotation.opened',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'key', id: keyId },
        after: rotationFacts(created),
      });
      return { rotation: created, secret: opened.secret.text };
    });
    return { ...(await this.show(rotation)), secret };
  }

  async read(account: AccountEntity, keyId: string, id: string): Promise<RotationResponse> {
    const record = await this.keys.find(account.id, keyId);
    const rotation = record === null ? null : await this.rotations.find(keyId, id);
    if (rotation === null) throw notFound('rotation');
    return this.show(rotation);
  }

  private secretToRetire(caller: Caller, account: AccountEntity, record: ApiKeyRecord, now: number): SecretEntity {
    const { key, secrets, scopes, grantableScopes } = record;
    if (caller.keyId === key.id) throw selfEdit();
    const state = keyStateAt(key, now);
    if (state === 'revoked' || state === 'expired') {
      throw conflict(`The key is ${state}, so it gets no new secret.`, `KEY_${state.toUpperCase()}`);
    }
    if (record.openRotation !== null) {
      const { id, graceEndsAt } = record.openRotation;
      throw conflict('A rotation of this key is open already.', 'ROTATION_OPEN', { rotationId: id, graceEndsAt: iso(graceEndsAt) });
    }
    const beyond = scopesBeyond(caller, [...scopes, ...grantableScopes], account);
    if (beyond.length > 0) throw scopeNotGrantable(beyond);
    const current = secrets.find((secret) => secretStateAt(secret, now) === 'current');
    if (current === undefined) throw new Error('A key that is neither revoked nor expired has a current secret.');
    return current;
  }

  private async show(rotation: RotationEntity): Promise<RotationResponse> {
    const { keyId, startedAt } = rotation;
    const sideOf = async (secretId: string) => sideResponse(secretId, await this.calls.trafficOf(keyId, secretId, startedAt));
    return {
      id: rotation.id,
      keyId,
      state: rotationStateAt(rotation, this.clock.now()),
      startedAt: iso(startedAt),
      graceEndsAt: iso(rotation.graceEndsAt),
      endedAt: isoOrNull(rotation.endedAt),
      retiring: await sideOf(rotation.retiringSecretId),
      replacing: await sideOf(rotation.replacingSecretId),
    };
  }
}

function sideResponse(secretId: string, traffic: SecretTraffic): RotationSideResponse {
  return {
    secretId,
    calls: traffic.calls,
    lastUsedAt: isoOrNull(traffic.lastUsedAt),
    callers: traffic.callers.map(({ firstSeenAt, lastSeenAt, ...who }) => ({
      ...who,
      firstSeenAt: iso(firstSeenAt),
      lastSeenAt: iso(lastSeenAt),
    })),
  };
}

function rotationFacts({ id, startedAt, graceEndsAt, retiringSecretId, replacingSecretId }: RotationEntity): object {
  return { id, startedAt: iso(startedAt), graceEndsAt: iso(graceEndsAt), retiringSecretId, replacingSecretId };
}
