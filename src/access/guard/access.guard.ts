import { Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { AccessOutcome } from '../../core/check-access.js';
import type { Denied } from '../../core/decision.js';
import { Admission } from '../admission.js';
import type { Arrival } from '../arrival.js';
import type { Carrier, GuardedRequest } from './guarded-request.js';
import { ownRouteOf } from './own-route.js';
import { requiredScopesKey } from './require-scopes.js';

/** Carries a denial from the guard to the error filter, where it becomes HTTP. */
export class DeniedError extends Error {
  override readonly name = 'DeniedError';

  constructor(readonly denied: Denied) {
    super(denied.reason);
  }
}

/** The management door: passport finds the credential, `checkAccess` decides, as behind every other door. */
@Injectable()
export class AccessGuard extends AuthGuard(['bearer', 'hapikey']) {
  constructor(
    private readonly reflector: Reflector,
    private readonly admission: Admission,
  ) {
    super();
  }

  override getRequest(context: ExecutionContext): Carrier {
    const request = guarded(context);
    const { arrival } = request;
    const scopes = this.reflector.get<readonly string[] | undefined>(
      requiredScopesKey,
      context.getHandler(),
    );
    if (scopes === undefined)
      throw new Error(
        `${context.getHandler().name} says nothing of scopes, so it is open to nobody.`,
      );
    const scopeSets = scopes.length === 0 ? [] : [scopes];
    const target = { service: null, match: ownRouteOf(request, scopeSets) };
    request.stillAdmitted = () => this.admission.stillAdmits(arrival, target);
    return {
      judge: () => this.admission.judge(arrival, target),
      headers: bearerHeaderOf(arrival),
    };
  }

  override handleRequest<TUser = AccessOutcome>(
    error: unknown,
    outcome: AccessOutcome | false,
    _info: unknown,
    context: ExecutionContext,
  ): TUser {
    if (error) throw error;
    if (outcome === false) throw new Error('No strategy came to an outcome.');
    guarded(context).outcome = outcome;
    if (!outcome.decision.allowed) throw new DeniedError(outcome.decision);
    return outcome as TUser;
  }
}

function guarded(context: ExecutionContext): GuardedRequest {
  return context.switchToHttp().getRequest<GuardedRequest>();
}

function bearerHeaderOf({ credential }: Arrival): Carrier['headers'] {
  const isBearer = credential.kind === 'found' && credential.method === 'bearer';
  return isBearer ? { authorization: `Bearer ${credential.secret}` } : {};
}
