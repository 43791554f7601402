import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { canonicalJson } from '../core/canonical-json.js';
import type { Clock } from '../core/ports.js';
import { ApiError } from '../platform/errors/api-error.js';
import { beforeAnyChange, isDatabaseAway } from '../store/database-failure.js';
import type { IdempotencyClaim, IdempotencyStore } from '../store/idempotency.store.js';

const keyShape = /^[\x21-\x7e]{1,255}$/;

/** A creating request as far as its repetition is recognised by it. */
export interface RepeatableRequest {
  readonly callerId: string;
  /** Without its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export interface CarriedOut {
  readonly answer: object;
  /** Whether it is what an earlier request was answered with, then without the secret. */
  readonly isReplay: boolean;
}

/**
 * Carries out creating requests with an `Idempotency-Key` once (contract §6). The record is part of the change's own
 * transaction, so a crash leaves both or neither.
 */
export class IdempotentRequests {
  readonly #running = new Set<string>();

  constructor(
    private readonly store: IdempotencyStore,
    private readonly clock: Clock,
  ) {}

  /** @throws ApiError 409 while the same is being carried out, 422 where it was with another body; and what `work` throws */
  async carryOut(claim: IdempotencyClaim, work: () => Promise<object>): Promise<CarriedOut> {
    const name = JSON.stringify([claim.callerId, claim.path, claim.idempotencyKey]);
    if (this.#running.has(name)) throw stillRunning();
    this.#running.add(name);
    try {
      const replay = await this.#replay(claim);
      return replay ?? (await this.#work(claim, work));
    } finally {
      this.#running.delete(name);
    }
  }

  async #work(claim: IdempotencyClaim, work: () => Promise<object>): Promise<CarriedOut> {
    try {
      return { answer: await work(), isReplay: false };
    } catch (error) {
      return this.#replayInstead(error, claim);
    }
  }

  /** @returns what was answered when the request was carried out, or `null` if it was not */
  async #replay(claim: IdempotencyClaim): Promise<CarriedOut | null> {
    const record = await beforeAnyChange(this.store.find(claim, this.clock.now()));
    if (record === null) return null;
    if (record.bodyDigest !== claim.bodyDigest) throw anotherBody();
    return { answer: record.answer, isReplay: true };
  }

  /** What failed may have done so because another node carried out the same request meanwhile. */
  async #replayInstead(error: unknown, claim: IdempotencyClaim): Promise<CarriedOut> {
    let replay: CarriedOut | null;
    try {
      replay = await this.#replay(claim);
    } catch (asking) {
      // Where that cannot be told, what is known of the failure itself is the better answer.
      throw isDatabaseAway(asking) ? error : asking;
    }
    if (replay === null) throw error;
    return replay;
  }
}

/** @returns `undefined` for a request that does not ask to be carried out once @throws ApiError 400 */
export function claimOf(request: RepeatableRequest): IdempotencyClaim | undefined {
  const idempotencyKey = request.headers['idempotency-key'];
  if (idempotencyKey === undefined) return undefined;
  if (typeof idempotencyKey !== 'string' || !keyShape.test(idempotencyKey)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
    throw new ApiError('VALIDATION_FAILED', message, [
      { message, code: 'IDEMPOTENCY_KEY', in: 'headers', context: { field: 'Idempotency-Key' } },
    ]);
  }
  return {
    callerId: request.callerId,
    path: request.path,
    // Both are only ever compared, and a caller may have put a secret into either.
    idempotencyKey: digestOf(idempotencyKey),
    bodyDigest: digestOf(canonicalJson(request.body ?? {})),
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function stillRunning(): ApiError {
  const message = 'A request with this Idempotency-Key is still being carried out.';
  return new ApiError('CONFLICT', message, [
    { message, code: 'IDEMPOTENCY_KEY_RUNNING', in: 'headers' },
  ]);
}

function anotherBody(): ApiError {
  const message = 'This Idempotency-Key was used with another body.';
  return new ApiError('IDEMPOTENCY_KEY_REUSED', message, [
    { message, code: 'IDEMPOTENCY_KEY_REUSED', in: 'headers' },
  ]);
}
