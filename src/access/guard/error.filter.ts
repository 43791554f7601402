import {
  Catch,
  HttpException,
  Injectable,
  Logger,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Denied } from '../../core/decision.js';
import { ApiError } from '../../platform/errors/api-error.js';
import { denialAnswer } from '../../platform/errors/denial-answer.js';
import { otherAnswer, type ErrorAnswer, type OtherReason } from '../../platform/errors/envelope.js';
import { Admission } from '../admission.js';
import { DeniedError } from './access.guard.js';
import type { GuardedRequest } from './guarded-request.js';
import { OwnRoutes } from './own-routes.js';

/** What Fastify and Nest end a request with before a controller is reached, by status. */
const frameworkReasons: Readonly<Record<number, readonly [OtherReason, string]>> = {
  400: ['REQUEST_MALFORMED', 'The body is not well-formed JSON.'],
  413: ['BODY_TOO_LARGE', 'The body is larger than this route takes.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON, with Content-Type: application/json.'],
};

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
    const answer = await this.answerTo(error, http.getRequest<GuardedRequest>());
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
    if (error instanceof ApiError)
      return otherAnswer(error.reason, error.message, arrival.id, error.details);
    const framework = frameworkReasons[statusOf(error)];
    if (framework !== undefined) return otherAnswer(framework[0], framework[1], arrival.id);
    // The stack names our code, never the request.
    this.logger.error({
      correlationId: arrival.id,
      stack: error instanceof Error ? error.stack : 'not an Error',
    });
    const message = 'Something went wrong here. It is on the server log under this correlation id.';
    return otherAnswer('INTERNAL', message, arrival.id);
  }

  private async denialBeforeGuard(error: unknown, request: GuardedRequest): Promise<Denied | null> {
    if (request.outcome !== undefined) return null;
    const path = request.routeOptions?.url ?? '';
    const isUnknown = statusOf(error) === 404 || path === '';
    const { method, target } = request.arrival;
    const match = isUnknown
      ? this.ownRoutes.match(method, target.path)
      : ({ kind: 'own', path, scopeSets: [] } as const);
    request.outcome = await this.admission.judge(request.arrival, { service: null, match });
    return request.outcome.decision.allowed ? null : request.outcome.decision;
  }
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
