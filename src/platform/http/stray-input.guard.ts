import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiError } from '../errors/api-error.js';
import type { ErrorDetail } from '../errors/envelope.js';
import { printableName } from './printable-name.js';

const detailsMax = 50;

/**
 * Refuses query parameters and body properties on routes that declare none; where a route declares some, the validation pipe
 * knows which. It looks at every route, so that none can forget to.
 */
@Injectable()
export class StrayInputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ query: unknown; body: unknown }>();
    const declares = declaredBy(context);
    const details = [
      ...(declares(RouteParamtypes.QUERY)
        ? []
        : straysOf(request.query, 'query', 'query parameter')),
      ...(declares(RouteParamtypes.BODY) ? [] : straysOf(request.body, 'body', 'property')),
    ];
    if (details.length === 0) return true;
    const message = `The request is not valid: ${details[0]?.message}`;
    throw new ApiError('VALIDATION_FAILED', message, details.slice(0, detailsMax));
  }
}

/** Which kinds of argument the handler has (`@Query()`, `@Body()`), by what Nest keeps of them. */
function declaredBy(context: ExecutionContext): (kind: RouteParamtypes) => boolean {
  const handler = context.getHandler().name;
  const args: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler);
  const keys = Object.keys(args ?? {});
  return (kind) => keys.some((key) => key.startsWith(`${kind}:`));
}

/** A document that is taken as its text has no properties. */
function straysOf(value: unknown, place: string, what: string): ErrorDetail[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).map((name) => {
    const field = printableName(name);
    const message = `There is no ${what} ${field} here.`;
    return { message, code: 'WHITELIST_VALIDATION', in: place, context: { field } };
  });
}
