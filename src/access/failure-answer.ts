import { HttpException, type Logger } from '@nestjs/common';
import { presentedSecrets } from '../core/credential.js';
import { StoreUnavailableError } from '../core/ports.js';
import { ApiError } from '../platform/errors/api-error.js';
import { otherAnswer, type ErrorAnswer, type OtherReason } from '../platform/errors/envelope.js';
import {
  storeUnavailableAnswer,
  type ChangeOutcome,
} from '../platform/errors/store-unavailable-answer.js';
import { ChangeFailedError, isDatabaseAway } from '../store/database-failure.js';
import type { Arrival } from './arrival.js';

/** What Fastify and Nest end a request with before it is handled, by status. */
const frameworkReasons: Readonly<Record<number, readonly [OtherReason, string]>> = {
  400: ['REQUEST_MALFORMED', 'The body is not well-formed JSON.'],
  413: ['BODY_TOO_LARGE', 'The body is larger than this route takes.'],
  415: ['UNSUPPORTED_MEDIA_TYPE', 'The body must be JSON, with Content-Type: application/json.'],
};

/**
 * The answer to a request of Latchkey's own that was let in, and then failed.
 *
 * @param others secrets that it carried besides its own: they are repeated as little
 */
export function failureAnswer(
  error: unknown,
  arrival: Arrival,
  logger: Logger,
  others: readonly string[] = [],
): ErrorAnswer {
  const { id, method, request } = arrival;
  if (error instanceof ApiError) {
    const presented = [...presentedSecrets(arrival.credential), ...others];
    const answer = otherAnswer(error.reason, error.message, id, error.details, presented);
    return error.retryAfterSeconds === undefined
      ? answer
      : withRetryAfter(answer, error.retryAfterSeconds);
  }
  if (isDatabaseAway(error)) {
    // A caller that leaves in the middle of its body is reset like a connection to a database.
    if (!request.complete) return otherAnswer('REQUEST_MALFORMED', 'The body broke off.', id);
    // Of the innermost cause: what a database says of itself repeats nothing that was asked.
    const { message, code } = (error.cause ?? error) as { message: string; code?: string };
    const msg = 'The database is away';
    logger.error({ msg, correlationId: id, cause: message || code });
    return storeUnavailableAnswer(id, outcomeOfChange(error, method));
  }
  const framework = frameworkReasons[statusOf(error)];
  if (framework !== undefined) return otherAnswer(framework[0], framework[1], id);
  // The stack names our code, never the request.
  const stack = error instanceof Error ? error.stack : 'not an Error';
  logger.error({ correlationId: id, stack });
  const message = 'Something went wrong here. It is on the server log under this correlation id.';
  return otherAnswer('INTERNAL', message, id);
}

function withRetryAfter(answer: ErrorAnswer, seconds: number): ErrorAnswer {
  return { ...answer, headers: { ...answer.headers, 'Retry-After': String(seconds) } };
}

/** What became of the change that a request asked for; only who failed knows that nothing did. */
function outcomeOfChange(error: Error, method: string): ChangeOutcome {
  if (method === 'GET' || method === 'HEAD') return 'none';
  if (error instanceof ChangeFailedError) return error.isUndecided ? 'unknown' : 'not_made';
  return error instanceof StoreUnavailableError ? 'not_made' : 'unknown';
}

/** The status that a framework's error asks for. */
export function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const { statusCode } = error as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : 500;
}
