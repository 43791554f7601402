import {
  Injectable,
  createParamDecorator,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
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

/** The `If-Match` of a request, as it was sent. A route that asks for it says so in the OpenAPI document. */
export const IfMatch = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => {
    return context.switchToHttp().getRequest<FastifyRequest>().headers['if-match'];
  },
  [describeIfMatch],
);

const describedHeader = ApiHeader({
  name: 'If-Match',
  required: false,
  description: 'The ETag of what it changes, as it was read: 412 where it is another by now',
});

function describeIfMatch(controller: object, method: string | symbol | undefined): void {
  const descriptor = Object.getOwnPropertyDescriptor(controller, method as string);
  describedHeader(controller, method as string, descriptor as PropertyDescriptor);
}
