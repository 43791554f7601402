import {
  Catch,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Denied } from '../../core/decision.js';
import { denialAnswer } from '../../platform/errors/denial-answer.js';
import type { ErrorAnswer } from '../../platform/errors/envelope.js';
import { Admission } from '../admission.js';
import { failureAnswer, statusOf } from '../failure-answer.js';
import { DeniedError } from './access.guard.js';
import type { GuardedRequest } from './guarded-request.js';
import { ownRouteOf } from './own-route.js';
import { OwnRoutes } from './own-routes.js';

/** Turns whatever ends a management request early into the one envelope. */
@Catch()
@Injectable()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('ErrorFilter');

  constructor(
    private readonly admission: Admission,
    private readonly ownRoutes: OwnRoutes,
  ) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const http = host.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    // Nest turns some requests away before any hook of ours has seen them: `GET *`, which is no path.
    request.arrival ??= this.admission.receiveAtManagement(request.raw);
    const answer = await this.answerTo(error, request);
    await http
      .getResponse<FastifyReply>()
      .code(answer.status)
      .headers(answer.headers)
      .send(answer.body);
  }

  private async answerTo(error: unknown, request: GuardedRequest): Promise<ErrorAnswer> {
    const { arrival } = request;
    // Who asks comes before what is wrong with the question: an error that came before the guard is judged here.
    const denied =
      error instanceof DeniedError ? error.denied : await this.denialBeforeGuard(error, request);
    if (denied !== null) return denialAnswer(denied, arrival.id, arrival.credential.engagement);
    return failureAnswer(error, arrival, this.logger);
  }

  private async denialBeforeGuard(error: unknown, request: GuardedRequest): Promise<Denied | null> {
    if (request.outcome !== undefined) return null;
    const path = request.routeOptions?.url ?? '';
    const isUnknown = statusOf(error) === 404 || path === '';
    const { method, target } = request.arrival;
    const match = isUnknown ? this.ownRoutes.match(method, target.path) : ownRouteOf(request);
    request.outcome = await this.admission.judge(request.arrival, { service: null, match });
    return request.outcome.decision.allowed ? null : request.outcome.decision;
  }
}
