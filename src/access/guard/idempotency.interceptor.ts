import { createHash } from 'node:crypto';
import {
  Inject,
  Injectable,
  UseInterceptors,
  applyDecorators,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { catchError, finalize, of, type Observable } from 'rxjs';
import { canonicalJson } from '../../core/canonical-json.js';
import type { Clock } from '../../core/ports.js';
import { ApiError } from '../../platform/errors/api-error.js';
import { IdempotencyStore, type IdempotencyClaim } from '../../store/idempotency.store.js';
import { CLOCK } from '../../store/tokens.js';
import { callerOf } from './caller.js';
import type { GuardedRequest } from './guarded-request.js';

const keyShape = /^[\x21-\x7e]{1,255}$/;

/**
 * Carries out a creating request with an `Idempotency-Key` once (contract §6). A replay answers with the same object without
 * its secret. The record is part of the change's own transaction, so a crash leaves both or neither.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #running = new Set<string>();

  constructor(
    private readonly store: IdempotencyStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const claim = claimOf(request);
    if (claim === undefined) return next.handle();
    const name = JSON.stringify([claim.callerId, claim.path, claim.idempotencyKey]);
    if (this.#running.has(name)) throw stillRunning();
    this.#running.add(name);
    const done = () => this.#running.delete(name);
    const reply = http.getResponse<FastifyReply>();
    try {
      const replay = await this.#replay(claim, reply);
      request.idempotency = claim;
      const carriedOut = replay === null ? next.handle() : of(replay);
      return carriedOut.pipe(
        catchError((error: unknown) => this.#replayInstead(error, claim, reply)),
        finalize(done),
      );
    } catch (error) {
      done();
      throw error;
    }
  }

  /** @returns what was answered when the request was carried out, or `null` if it was not */
  async #replay(claim: IdempotencyClaim, reply: FastifyReply): Promise<object | null> {
    const record = await this.store.find(claim, this.clock.now());
    if (record === null) return null;
    if (record.bodyDigest !== claim.bodyDigest) throw anotherBody();
    void reply.header('Idempotency-Replayed', 'true');
    return record.answer;
  }

  /** What failed may have done so because another node carried out the same request meanwhile. */
  async #replayInstead(
    error: unknown,
    claim: IdempotencyClaim,
    reply: FastifyReply,
  ): Promise<object> {
    const replay = await this.#replay(claim, reply);
    if (replay === null) throw error;
    return replay;
  }
}

/** For POSTs that create. */
export function Idempotent(): MethodDecorator {
  return applyDecorators(
    UseInterceptors(IdempotencyInterceptor),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'A retry with the same key within 24 hours answers with the same object, without its secret',
    }),
  );
}

function claimOf(request: GuardedRequest): IdempotencyClaim | undefined {
  const idempotencyKey = request.headers['idempotency-key'];
  if (idempotencyKey === undefined) return undefined;
  if (typeof idempotencyKey !== 'string' || !keyShape.test(idempotencyKey)) {
    const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters.';
    throw new ApiError('VALIDATION_FAILED', message, [
      { message, code: 'IDEMPOTENCY_KEY', in: 'headers', context: { field: 'Idempotency-Key' } },
    ]);
  }
  const path = request.url.split('?', 1)[0] as string;
  return {
    callerId: callerOf(request).keyId,
    path,
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
