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
import { lastValueFrom, of, type Observable } from 'rxjs';
import type { Clock } from '../../core/ports.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { CLOCK } from '../../store/tokens.js';
import { claimOf, IdempotentRequests } from '../idempotent-requests.js';
import { callerOf } from './caller.js';
import type { GuardedRequest } from './guarded-request.js';

/** Carries out a creating request with an `Idempotency-Key` once. A replay answers with the same object without its secret. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  readonly #requests: IdempotentRequests;

  constructor(store: IdempotencyStore, @Inject(CLOCK) clock: Clock) {
    this.#requests = new IdempotentRequests(store, clock);
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const http = context.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const { headers, body, url } = request;
    const path = url.split('?', 1)[0] as string;
    const claim = claimOf({ callerId: callerOf(request).id, path, headers, body });
    if (claim === undefined) return next.handle();
    request.idempotency = claim;
    const work = (): Promise<object> => lastValueFrom(next.handle());
    const { answer, isReplay } = await this.#requests.carryOut(claim, work);
    if (isReplay) void http.getResponse<FastifyReply>().header('Idempotency-Replayed', 'true');
    return of(answer);
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
