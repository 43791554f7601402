import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Giver } from '../../core/delegation.js';
import { keyOfOthers, selfEdit } from '../../platform/errors/api-error.js';
import type { HeldMember, HeldSession } from '../../core/ports.js';
import { changesOwnKeysOnly, giverOf, reachesEveryAccount, type Role } from '../../core/roles.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { Actor } from '../../store/entities/audit-event.entity.js';
import type { IdempotencyClaim } from '../../store/idempotency.store.js';
import type { Viewer } from '../../store/services.store.js';
import type { GuardedRequest } from './guarded-request.js';

/** Who is acting, and what they may hand out. */
export interface Caller extends Giver {
  /** Of the key or of the member. */
  readonly id: string;
  readonly accountId: string;
  /** Whether every account is there for them. */
  readonly seesEveryAccount: boolean;
  /** `null` for a key. */
  readonly member: { readonly id: string; readonly role: Role } | null;
  /** Whether keys that others made are not theirs to change. */
  readonly changesOwnKeysOnly: boolean;
  readonly actor: Actor;
  readonly callerIp: string | null;
  readonly idempotency?: IdempotencyClaim;
}

export function callerOf(request: GuardedRequest): Caller {
  const { outcome, idempotency } = request;
  const { credential, session, member } = outcome ?? {};
  const about = {
    callerIp: callerIpOf(request),
    ...(idempotency !== undefined && { idempotency }),
  };
  if (member && session) return { ...callerByMember(member, session), ...about };
  if (!credential) throw new Error('A caller is known only behind the access guard.');
  const { account, key } = credential;
  return {
    id: key.id,
    accountId: account.id,
    isOperator: account.isOperator,
    seesEveryAccount: account.isOperator,
    member: null,
    changesOwnKeysOnly: false,
    grantableScopes: key.grantableScopes,
    ipAllowlist: key.ipAllowlist.list,
    expiresAt: key.expiresAt,
    rateLimits: key.rateLimits,
    actor: { kind: 'key', id: key.id, name: key.name },
    ...about,
  };
}

function callerByMember(
  { id, role, account }: HeldMember,
  { person }: HeldSession,
): Omit<Caller, 'callerIp'> {
  return {
    ...giverOf(role, account),
    id,
    accountId: account.id,
    seesEveryAccount: reachesEveryAccount(role, account),
    member: { id, role },
    changesOwnKeysOnly: changesOwnKeysOnly(role),
    actor: { kind: 'member', id, name: person.name },
  };
}

function callerIpOf({ arrival }: GuardedRequest): string | null {
  return arrival.caller.determined ? arrival.caller.ip : null;
}

/** A key never edits itself, and who changes their own keys only made it. @throws ApiError 403 */
export function checkMayChangeKey(
  caller: Pick<Caller, 'id' | 'changesOwnKeysOnly'>,
  key: { readonly id: string; readonly createdBy: string | null },
): void {
  if (caller.id === key.id) throw selfEdit();
  if (caller.changesOwnKeysOnly && key.createdBy !== caller.id) throw keyOfOthers();
}

/** Which services the caller may know of. */
export function viewerOf({ seesEveryAccount, accountId }: Caller): Viewer {
  return seesEveryAccount ? 'operator' : { accountId };
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
