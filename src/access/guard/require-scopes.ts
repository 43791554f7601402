import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiBearerAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';

export const requiredScopesKey = 'latchkey:scopes';

/**
 * Opens a route to keys that hold all of these scopes, and says so in the OpenAPI document. A route without it is open to
 * nobody.
 */
export function RequireScopes(...scopes: string[]): MethodDecorator {
  return applyDecorators(
    SetMetadata(requiredScopesKey, scopes),
    ApiBearerAuth('bearer'),
    ApiSecurity('hapikey'),
    ApiSecurity('accessToken'),
    ApiExtension('x-required-scopes', scopes),
  );
}
