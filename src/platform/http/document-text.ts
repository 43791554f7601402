import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../errors/api-error.js';

/** The body as text: of routes that take a document, which `body-parsers.ts` leaves unparsed. */
export const DocumentText = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => {
    const { body } = context.switchToHttp().getRequest<FastifyRequest>();
    if (typeof body === 'string') return body;
    throw new ApiError('VALIDATION_FAILED', 'The request is not valid: the document is missing.', [
      { message: 'The document is missing.', code: 'IS_DEFINED', in: 'body' },
    ]);
  },
);
