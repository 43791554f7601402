import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Giver } from '../../core/delegation.js';
import type { Actor } from '../../store/entities/audit-event.entity.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { IdempotencyClaim } from '../../store/idempotency.store.js';
import type { Viewer } from '../../store/services.store.js';
import type { GuardedRequest } from './guarded-request.js';

/** Who is acting, and what they may hand out. */
export interface Caller extends Giver {
  readonly accountId: string;
  readonly keyId: string;
  readonly actor: Actor;
  readonly callerIp: string | null;
  readonly idempotency?: IdempotencyClaim;
}

export function callerOf({ outcome, arrival, idempotency }: GuardedRequest): Caller {
  const credential = outcome?.credential;
  if (!credential) throw new Error('A caller is known only behind the access guard.');
  const { account, key } = credential;
  return {
    accountId: account.id,
    keyId: key.id,
    isOperator: account.isOperator,
    grantableScopes: key.grantableScopes,
    ipAllowlist: key.ipAllowlist.list,
    expiresAt: key.expiresAt,
    rateLimits: key.rateLimits,
    actor: { kind: 'key', id: key.id, name: key.name },
    callerIp: arrival.caller.determined ? arrival.caller.ip : null,
    ...(idempotency !== undefined && { idempotency }),
  };
}

/** Which services the caller may know of. */
export function viewerOf({ isOperator, accountId }: Caller): Viewer {
  return isOperator ? 'operator' : { accountId };
}

/** The `Caller` of a request. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<GuardedRequest>()),
);

/** Asks whether the request would still be let in, for an answer that takes its time: it must not outlive its key. */
export const StillAdmitted = createParamDecorator(
  (_: unknown, context: ExecutionContext): (() => Promise<boolean>) => {
    const { stillAdmitted } = context.switchToHttp().getRequest<GuardedRequest>();
    if (stillAdmitted === undefined)
      throw new Error('A request is admitted only behind the access guard.');
    return stillAdmitted;
  },
);

/** The account that the path names, which the tenancy guard has let through. */
export const TargetAccount = createParamDecorator(
  (_: unknown, context: ExecutionContext): AccountEntity => {
    const { account } = context.switchToHttp().getRequest<GuardedRequest>();
    if (account === undefined) throw new Error('This route names no account.');
    return account;
  },
);
