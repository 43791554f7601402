import type { ServerResponse } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { AccessOutcome } from '../../../core/check-access.js';
import type { CallLog, Clock, HeldCredential, HeldKey } from '../../../core/ports.js';
import { isUnderway } from '../../../core/rotation.js';
import { noTrafficSince } from '../../../core/rotation-traffic.js';
import { conflict, notFound } from '../../../platform/errors/api-error.js';
import { openingRefusal, secretAlreadyUsed } from '../../../platform/errors/opening-refusal.js';
import { EmptyRequest } from '../../../platform/http/empty-request.js';
import { validated } from '../../../platform/http/request-validation.pipe.js';
import { OpenOwnRotationRequest, rotationWish } from '../../../platform/http/rotation.dto.js';
import { rotationResponse } from '../../../platform/http/rotation.response.js';
import { answerText } from '../../../platform/http/write-answer.js';
import { ApiKeysStore, type ApiKeyRecord } from '../../../store/api-keys.store.js';
import { Database, type Change } from '../../../store/database.js';
import { AccountEntity } from '../../../store/entities/account.entity.js';
import { IdempotencyStore, type IdempotencyClaim } from '../../../store/idempotency.store.js';
import { RotationOpening, type RotationOpener } from '../../../store/rotation-opening.js';
import { CALL_LOG, CLOCK } from '../../../store/tokens.js';
import { Admission, ignoreUnavailable } from '../../admission.js';
import type { Arrival } from '../../arrival.js';
import { bodyOf, type BodyReading } from '../../body-reading.js';
import { durationMs, type CallPlace } from '../../call-row.js';
import { failureAnswer } from '../../failure-answer.js';
import { writeOwnAnswer } from '../../own-answer.js';
import { claimOf, IdempotentRequests } from '../../idempotent-requests.js';
import { selfPath } from './self.door.js';

export const selfRotationsPath = `${selfPath}/rotations`;

export const selfReissuePath = `${selfRotationsPath}/:rotationId/reissue`;

const scope = 'latchkey.self.rotate';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/**
 * An integration gives itself a new secret (contract §7), so that a deployment can rotate its key unattended.
 *
 * It is the one way in which a key changes itself: it gains nothing by it, neither a scope nor a day.
 */
@Injectable()
export class SelfRotationDoor {
  readonly #logger = new Logger('SelfRotationDoor');
  readonly #requests: IdempotentRequests;

  constructor(
    private readonly admission: Admission,
    private readonly database: Database,
    private readonly keys: ApiKeysStore,
    private readonly opening: RotationOpening,
    private readonly idempotency: IdempotencyStore,
    @Inject(CALL_LOG) private readonly callLog: CallLog,
    @Inject(CLOCK) clock: Clock,
  ) {
    this.#requests = new IdempotentRequests(idempotency, clock);
  }

  /** Opens a rotation of the caller's own key. */
  open(arrival: Arrival, response: ServerResponse, reading: BodyReading): Promise<void> {
    return this.#carryOut(arrival, response, selfRotationsPath, async (credential) => {
      const body = bodyOf(reading);
      const request = await validated(body, OpenOwnRotationRequest, 'body');
      const { headers } = arrival.request;
      const claim = claimOf({
        callerId: credential.key.id,
        path: selfRotationsPath,
        headers,
        body,
      });
      const open = () => this.#open(credential, callerIpOf(arrival), request, claim);
      if (claim === undefined) return { status: 201, headers: {}, body: await open() };
      const { answer, isReplay } = await this.#requests.carryOut(claim, open);
      const replayed = isReplay ? { 'Idempotency-Replayed': 'true' } : undefined;
      return { status: 201, headers: { ...replayed }, body: answer };
    });
  }

  /** Another new secret for one that was lost on its way to the caller, as long as it was never used. */
  reissue(
    arrival: Arrival,
    response: ServerResponse,
    reading: BodyReading,
    rotationId: string,
  ): Promise<void> {
    return this.#carryOut(arrival, response, selfReissuePath, async (credential) => {
      await validated(bodyOf(reading), EmptyRequest, 'body');
      const body = await this.#reissue(credential, callerIpOf(arrival), rotationId);
      return { status: 200, headers: {}, body };
    });
  }

  async #carryOut(
    arrival: Arrival,
    response: ServerResponse,
    path: string,
    work: (credential: HeldCredential) => Promise<Answer>,
  ): Promise<void> {
    const place: CallPlace = { door: 'self', serviceId: null, route: path };
    const match = { kind: 'own', path, scopeSets: [[scope]] } as const;
    const outcome = await this.admission.judge(arrival, { service: null, match });
    const decision = this.admission.ifRecordable(outcome.decision);
    if (!decision.allowed)
      return this.admission.deny(response, arrival, { ...outcome, decision }, place);
    try {
      // On the log before it has any effect, as every call that may have one (contract §5).
      await this.admission.record(arrival, outcome, place, { status: null });
    } catch (error) {
      ignoreUnavailable(error);
      return this.admission.answerLogUnavailable(response, arrival, outcome);
    }
    const answer = await work(outcome.credential as HeldCredential).catch((error: unknown) =>
      failureAnswer(error, arrival, this.#logger),
    );
    this.#send(arrival, outcome, response, answer);
  }

  #open(
    { id: secretId, key, account }: HeldCredential,
    callerIp: string | null,
    request: OpenOwnRotationRequest,
    claim: IdempotencyClaim | undefined,
  ): Promise<object> {
    const wish = rotationWish(request);
    const { policy } = account;
    return this.database.change(async (change) => {
      const record = await this.#find(change, account.id, key.id);
      const opener = openerOf(key, callerIp);
      const opening = await this.opening.open(change, record, wish, opener, policy);
      if (!opening.ok) throw openingRefusal(opening.refusal);
      const { rotation, secret } = opening;
      // Whoever asks with a secret that was replaced by now gets no newer one.
      if (rotation.retiringSecretId !== secretId) throw changedMeanwhile();
      const untouched = noTrafficSince(change.now);
      const answer = rotationResponse(rotation, untouched, policy.quietSeconds, change.now);
      await this.idempotency.complete(change, claim, answer);
      return { ...answer, secret };
    });
  }

  #reissue(
    { key, account }: HeldCredential,
    callerIp: string | null,
    rotationId: string,
  ): Promise<object> {
    return this.database.change(async (change) => {
      const record = await this.#find(change, account.id, key.id);
      const open = record.openRotation;
      if (open === null || open.id !== rotationId || !isUnderway(open, change.now))
        throw notFound('open rotation of this key');
      const issued = await this.opening.reissue(change, record, open, openerOf(key, callerIp));
      if (issued === null) throw secretAlreadyUsed();
      const { rotation, secret } = issued;
      const untouched = noTrafficSince(change.now);
      const { quietSeconds } = account.policy;
      const answer = rotationResponse(rotation, untouched, quietSeconds, change.now);
      return { ...answer, secret };
    });
  }

  /** @throws ApiError 409 if the key may no longer do what it could a moment ago, when it was let in */
  async #find(change: Change, accountId: string, keyId: string): Promise<ApiKeyRecord> {
    const record = await this.keys.find(accountId, keyId, change.manager);
    const account = await change.manager.findOneByOrFail(AccountEntity, { id: accountId });
    const isLive = record?.key.standing === 'active' && !account.suspended;
    if (record === null || !isLive || !record.scopes.includes(scope)) throw changedMeanwhile();
    return record;
  }

  #send(
    arrival: Arrival,
    { credential }: AccessOutcome,
    response: ServerResponse,
    { status, headers, body }: Answer,
  ): void {
    const told = answerText(body);
    const hasLeft = response.destroyed;
    writeOwnAnswer(response, arrival, credential, { status, headers, ...told });
    this.callLog.complete(arrival.position, {
      ...{ status: hasLeft ? 499 : status, reason: hasLeft ? 'CLIENT_CLOSED' : null },
      ...{ upstreamStatus: null, upstreamMs: null, requestBytes: null },
      ...{ responseBytes: hasLeft ? null : told.bytes, durationMs: durationMs(arrival) },
    });
  }
}

function callerIpOf({ caller }: Arrival): string | null {
  return caller.determined ? caller.ip : null;
}

function openerOf({ id, name }: HeldKey, callerIp: string | null): RotationOpener {
  return { actor: { kind: 'key', id, name }, callerIp };
}

function changedMeanwhile() {
  return conflict('The key was changed while this was asked. Ask again.', 'KEY_CHANGED');
}
