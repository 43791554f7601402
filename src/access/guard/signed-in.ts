import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { redactHeader } from '../../core/redaction.js';
import type { HeldSession } from '../../core/ports.js';
import { presentedSecrets } from '../../core/credential.js';
import type { GuardedRequest } from './guarded-request.js';
import { accountNamedBy } from './own-route.js';

/** Whoever is signed in, on a route that is open to people. */
export interface SignedIn {
  readonly session: HeldSession;
  /** The account that they name as the one they are in. */
  readonly accountId: string | null;
  readonly visit: Visit;
}

/** From where somebody comes, whether they are known or not. */
export interface Visit {
  readonly callerIp: string | null;
  /** Redacted and cut, like that of a call. */
  readonly userAgent: string | null;
  /** Of the session that the browser came with, if it did. */
  readonly token: string | null;
}

export const CurrentPerson = createParamDecorator(
  (_: unknown, context: ExecutionContext): SignedIn => {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const session = request.outcome?.session ?? null;
    if (session === null) throw new Error('Nobody is signed in on a route that is not for people.');
    return { session, accountId: accountNamedBy(request) ?? null, visit: visitOf(request) };
  },
);

/** Of anyone. */
export const CurrentVisit = createParamDecorator((_: unknown, context: ExecutionContext): Visit =>
  visitOf(context.switchToHttp().getRequest<GuardedRequest>()),
);

function visitOf({ arrival }: GuardedRequest): Visit {
  const { caller, credential, headers } = arrival;
  return {
    callerIp: caller.determined ? caller.ip : null,
    userAgent: redactHeader(headers['user-agent'], presentedSecrets(credential)),
    token: credential.kind === 'session' ? credential.token : null,
  };
}
