import {
  Injectable,
  createParamDecorator,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { tap, type Observable } from 'rxjs';
import { entityTag, revisionOf } from '../../platform/http/revision.js';

/** Gives each answer that knows the revision of its object that revision as its ETag. */
@Injectable()
export class RevisionInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      tap((answer) => {
        const revision = revisionOf(answer);
        if (revision !== undefined) void reply.header('ETag', entityTag(revision));
      }),
    );
  }
}

/** The `If-Match` of a request, as it was sent. */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    return context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  },
);
