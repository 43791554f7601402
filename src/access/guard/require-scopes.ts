import { applyDecorators, SetMetadata } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiBearerAuth, ApiCookieAuth, ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { OwnRoute } from '../../core/access-request.js';

export const requiredScopesKey = 'latchkey:scopes';

/**
 * Opens a route to keys and members that hold all of these scopes, and says so in the OpenAPI document. A route without it is open
 * to nobody.
 */
export function RequireScopes(...scopes: string[]): MethodDecorator {
  return applyDecorators(
    SetMetadata(requiredScopesKey, scopes),
    ApiBearerAuth('bearer'),
    ApiSecurity('hapikey'),
    ApiSecurity('accessToken'),
    ApiCookieAuth('session'),
    ApiExtension('x-required-scopes', scopes),
  );
}

/** Opens a route to whoever is signed in, in whatever account: it is about themselves. No key may ask for it. */
export function ForPeople(): MethodDecorator {
  return applyDecorators(openTo('people'), ApiCookieAuth('session'));
}

/** Opens a route to anyone, and looks at no credential. */
export function ForAnyone(): MethodDecorator {
  return openTo('anyone');
}

type OpenTo = NonNullable<OwnRoute['openTo']>;

function openTo(whom: OpenTo): MethodDecorator {
  const config: RouteOpenness = { openTo: whom };
  return applyDecorators(
    SetMetadata(requiredScopesKey, []),
    // With the route itself, so that it is known for errors that come before the guard.
    RouteConfig(config),
    ApiExtension('x-open-to', whom),
  );
}

/** What a route says of itself beside its scopes. */
export interface RouteOpenness {
  readonly openTo?: OpenTo;
}
