import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { ApiError } from '../errors/api-error.js';

const detailsMax = 50;

/**
 * Refuses query parameters on routes that declare none; where a route declares some, the validation pipe knows which. It looks
 * at every route, so that none can forget to.
 */
@Injectable()
export class StrayQueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (declaresQuery(context)) return true;
    const { query } = context.switchToHttp().getRequest<{ query: object }>();
    const details = Object.keys(query)
      .slice(0, detailsMax)
      .map((name) => {
        const field = name.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
        const message = `There is no query parameter ${field} here.`;
        return { message, code: 'WHITELIST_VALIDATION', in: 'query', context: { field } };
      });
    if (details.length === 0) return true;
    throw new ApiError(
      'VALIDATION_FAILED',
      `The request is not valid: ${details[0]?.message}`,
      details,
    );
  }
}

/** Whether the handler has an argument with `@Query()`, by what Nest keeps of it. */
function declaresQuery(context: ExecutionContext): boolean {
  const declared: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  return Object.keys(declared ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
