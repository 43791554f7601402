import { Inject, Injectable } from '@nestjs/common';
import { checkMayChangeKey, type Caller } from '../../access/guard/caller.js';
import { outlivesNewSecret, policyOf, type AccountPolicy } from '../../core/account-policy.js';
import { planBrownouts, type Brownout } from '../../core/brownout.js';
import { scopesBeyond } from '../../core/delegation.js';
import type { RotationNoticeKind } from '../../core/notice.js';
import type { Clock } from '../../core/ports.js';
import { noTrafficSince, type RotationTraffic } from '../../core/rotation-traffic.js';
import {
  cancelRotation,
  finishRotation,
  isUnderway,
  moveGraceEnd,
  type RotationRefusal,
  type RotationStep,
  type RotationWish,
} from '../../core/rotation.js';
import { conflict, notFound, scopeNotGrantable } from '../../platform/errors/api-error.js';
import {
  graceOutlivesSecret,
  openingRefusal,
  secretAlreadyUsed,
} from '../../platform/errors/opening-refusal.js';
import type { IssuedRotationResponse, RotationResponse } from '../../platform/http/rotation.dto.js';
import { rotationResponse } from '../../platform/http/rotation.response.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../store/api-keys.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { withoutLog } from '../../store/call-log/without-log.js';
import { RotationUsageStore } from '../../store/call-log/usage/rotation-usage.store.js';
import { Database, type Change } from '../../store/database.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { RotationEntity } from '../../store/entities/rotation.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { NoticesStore } from '../../store/notices.store.js';
import { rotationFacts } from '../../store/rotation-facts.js';
import { RotationOpening } from '../../store/rotation-opening.js';
import { RotationsStore } from '../../store/rotations.store.js';
import { CLOCK, POLICY_DEFAULTS } from '../../store/tokens.js';
import { brownoutRefusal, notOpen, rotationRefusal } from './rotation-refusal.js';

@Injectable()
export class RotationsService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysStore,
    private readonly rotations: RotationsStore,
    private readonly opening: RotationOpening,
    private readonly audit: AuditTrailStore,
    private readonly rotationUsage: RotationUsageStore,
    private readonly idempotency: IdempotencyStore,
    private readonly notices: NoticesStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(POLICY_DEFAULTS) private readonly policyDefaults: AccountPolicy,
  ) {}

  /** Gives the key a new secret; the old one works beside it until the grace is over, and then ends by itself. */
  open(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    wish: RotationWish,
  ): Promise<IssuedRotationResponse> {
    const policy = this.policyOf(account);
    return this.database.change(async (change) => {
      const record = await this.keys.find(account.id, keyId, change.manager);
      if (record === null) throw notFound('key');
      checkMayChangeKey(caller, record.key);
      checkMayWiden(caller, account, record);
      const opening = await this.opening.open(change, record, wish, caller, policy);
      if (!opening.ok) throw openingRefusal(opening.refusal);
      const { rotation, secret } = opening;
      // The same for the first answer as for its replays: nobody has used it yet.
      const untouched = noTrafficSince(change.now);
      const answer = rotationResponse(rotation, untouched, policy.quietSeconds, change.now);
      await this.idempotency.complete(change, caller.idempotency, answer);
      return { ...answer, secret };
    });
  }

  async read(account: AccountEntity, keyId: string, id: string): Promise<RotationResponse> {
    const record = await this.keys.find(account.id, keyId);
    const rotation = record === null ? null : await this.rotations.find(keyId, id);
    if (rotation === null) throw notFound('rotation');
    return this.answer(account, rotation, await this.trafficOf(rotation));
  }

  /** The old secret ends now. @param onlyIfSafe refuses to end one that its callers would miss, as far as that is known */
  async finish(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    onlyIfSafe: boolean,
  ): Promise<RotationResponse> {
    if (onlyIfSafe) await this.checkSafeToFinish(account, keyId, id);
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
      if (endsAt > rotation.graceEndsAt) {
        checkMayWiden(caller, account, record);
        this.checkNewSecretLasts(account, record, rotation, endsAt);
      }
      return moveGraceEnd(rotation, now, endsAt, this.policyOf(account));
    });
  }

  /** Plans when the old secret is refused for a while: these take the place of the brownouts that have not begun. */
  async planBrownouts(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    wanted: readonly Brownout[],
  ): Promise<RotationResponse> {
    const planned = await this.database.change(async (change) => {
      const { rotation: before } = await this.find(change, caller, account, keyId, id);
      const plan = planBrownouts(before, before.brownouts, wanted, change.now);
      if (!plan.ok) throw brownoutRefusal(plan.why, before, change.now);
      await this.rotations.setBrownouts(change, before, plan.brownouts);
      const after = await change.manager.findOneByOrFail(RotationEntity, { id });
      await this.record(change, caller, account, 'rotation.brownouts_planned', before, after);
      return after;
    });
    return this.show(account, planned);
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
      if (!isUnderway(before, change.now)) throw notOpen(before, change.now);
      checkMayWiden(caller, account, record);
      const issued = await this.opening.reissue(change, record, before, caller);
      if (issued === null) throw secretAlreadyUsed();
      return issued;
    });
    return { ...(await this.show(account, rotation)), secret };
  }

  private async take(
    caller: Caller,
    account: AccountEntity,
    keyId: string,
    id: string,
    action: RotationNoticeKind,
    step: (rotation: RotationEntity, change: Change, record: ApiKeyRecord) => Promise<RotationStep>,
  ): Promise<RotationResponse> {
    const taking = this.database.change(async (change) => {
      const { record, rotation: before } = await this.find(change, caller, account, keyId, id);
      if (!isUnderway(before, change.now)) throw notOpen(before, change.now);
      const next = await step(before, change, record);
      if (!next.ok) throw new StepRefused(next.why, before, change.now);
      await this.rotations.save(change, before, next.rotation);
      const after = await change.manager.findOneByOrFail(RotationEntity, { id });
      await this.record(change, caller, account, action, before, after);
      await this.notices.putOfRotation(change, action, after);
      return after;
    });
    return this.show(account, await taking.catch((error) => this.explain(account, error)));
  }

  /** With the traffic that is in the way, read when the change is over: every other change waits for it. */
  private async explain(account: AccountEntity, error: unknown): Promise<never> {
    if (!(error instanceof StepRefused)) throw error;
    const { why, rotation, now } = error;
    const reading = this.rotationUsage.trafficOf(rotation.id, rotation.replacingSecretId);
    const traffic = (await withoutLog(reading, null)) ?? undefined;
    throw rotationRefusal(why, rotation, now, this.policyOf(account), traffic);
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
    checkMayChangeKey(caller, record.key);
    if (record.key.standing === 'revoked')
      throw conflict('A revoked key cannot be changed.', 'KEY_REVOKED');
    return { record, rotation };
  }

  private record(
    change: Change,
    { actor, callerIp }: Caller,
    account: AccountEntity,
    action: string,
    before: RotationEntity,
    after: RotationEntity,
  ): Promise<void> {
    return this.audit.append(change, {
      accountId: account.id,
      action,
      actor,
      callerIp,
      target: { type: 'key', id: after.keyId },
      before: rotationFacts(before),
      after: rotationFacts(after),
    });
  }

  /** What is underway is judged as it was a moment ago: no call waits for this, and none is held up. @throws ApiError 409 */
  private async checkSafeToFinish(
    account: AccountEntity,
    keyId: string,
    id: string,
  ): Promise<void> {
    const { verdict, quietSince, retiring } = await this.read(account, keyId, id);
    if (verdict === null || verdict === 'safe_to_finish') return;
    const message = `The verdict on this rotation is ${verdict}, not safe_to_finish. Without "onlyIfSafe" the old secret is ended all the same.`;
    throw conflict(message, 'NOT_SAFE_TO_FINISH', { verdict, quietSince, traffic: retiring });
  }

  private async show(account: AccountEntity, rotation: RotationEntity): Promise<RotationResponse> {
    return this.answer(account, rotation, await withoutLog(this.trafficOf(rotation), null));
  }

  private answer(
    account: AccountEntity,
    rotation: RotationEntity,
    traffic: RotationTraffic | null,
  ): RotationResponse {
    const { quietSeconds } = this.policyOf(account);
    return rotationResponse(rotation, traffic, quietSeconds, this.clock.now());
  }

  /** @throws ApiError 400 */
  private checkNewSecretLasts(
    account: AccountEntity,
    { secrets }: ApiKeyRecord,
    { replacingSecretId }: RotationEntity,
    graceEndsAt: number,
  ): void {
    const policy = this.policyOf(account);
    const replacing = secrets.find(({ id }) => id === replacingSecretId);
    if (replacing !== undefined && outlivesNewSecret(graceEndsAt, replacing, policy))
      throw graceOutlivesSecret(policy.secretAgeDaysMax);
  }

  private policyOf(account: AccountEntity): AccountPolicy {
    return policyOf(account, this.policyDefaults);
  }

  private async trafficOf(rotation: RotationEntity): Promise<RotationTraffic> {
    const { id, retiringSecretId, replacingSecretId } = rotation;
    return {
      retiring: await this.rotationUsage.trafficOf(id, retiringSecretId),
      replacing: await this.rotationUsage.trafficOf(id, replacingSecretId),
      countedSince: await this.rotationUsage.countingSince(),
    };
  }
}

/** Carries a refusal out of the transaction in which it was found. */
class StepRefused extends Error {
  constructor(
    readonly why: RotationRefusal,
    readonly rotation: RotationEntity,
    readonly now: number,
  ) {
    super(why);
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
