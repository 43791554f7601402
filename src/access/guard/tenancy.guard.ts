import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { notFound } from '../../platform/errors/api-error.js';
import { AccountsStore } from '../../store/accounts.store.js';
import { beforeAnyChange } from '../../store/database-failure.js';
import { callerOf, type Caller } from './caller.js';
import type { GuardedRequest } from './guarded-request.js';
import { accountNamedBy, ownRouteOf } from './own-route.js';

const operatorOnlyKey = 'latchkey:operator-only';

/** For routes that name no account and show every account's: there for the operator, for others not there at all. */
export const OperatorOnly = (): MethodDecorator => SetMetadata(operatorOnlyKey, true);

/** A member of several accounts may say as whose member they ask; of another they are none. @throws ApiError 404 */
function isAsMember(
  request: GuardedRequest,
  { member, seesEveryAccount, accountId }: Caller,
): true {
  const named = member === null || seesEveryAccount ? undefined : accountNamedBy(request);
  if (named !== undefined && named !== accountId) throw notFound('account');
  return true;
}

/**
 * Keeps accounts apart: a key of the operator's account acts on every account, any other on its own. Another account is not
 * found, whether or not it exists. It looks at every route that has `:accountId`, so that none can forget to.
 */
@Injectable()
export class TenancyGuard implements CanActivate {
  constructor(
    private readonly accounts: AccountsStore,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    // What is open to anyone, or to all people, is of no account.
    if (ownRouteOf(request).openTo !== undefined) return true;
    const caller = callerOf(request);
    if (
      this.reflector.get<boolean | undefined>(operatorOnlyKey, context.getHandler()) &&
      !caller.seesEveryAccount
    ) {
      throw notFound('route');
    }
    const { accountId } = request.params as { accountId?: string };
    if (accountId === undefined) return isAsMember(request, caller);
    const account =
      caller.seesEveryAccount || accountId === caller.accountId
        ? await beforeAnyChange(this.accounts.find(accountId))
        : null;
    if (account === null) throw notFound('account');
    request.account = account;
    return true;
  }
}
