import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { invalidPathPart, notFound, unknownScopes } from '../../platform/errors/api-error.js';
import {
  creationCursor,
  creationPlace,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { rateLimitsOf, rateLimitsResponse } from '../../platform/http/rate-limits.dto.js';
import { requireMatch, withRevision } from '../../platform/http/revision.js';
import { iso } from '../../platform/http/times.js';
import { AccountsStore, type AccountChanges } from '../../store/accounts.store.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database, type Change } from '../../store/database.js';
import { AccountEntity } from '../../store/entities/account.entity.js';
import { IdempotencyStore } from '../../store/idempotency.store.js';
import { ScopesStore } from '../../store/scopes.store.js';
import type {
  AccountResponse,
  CreateAccountRequest,
  UpdateAccountRequest,
} from './accounts.dto.js';

@Injectable()
export class AccountsService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsStore,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
    private readonly idempotency: IdempotencyStore,
  ) {}

  create(caller: Caller, request: CreateAccountRequest): Promise<AccountResponse> {
    return this.database.change(async (change) => {
      await this.checkScopesExist(change, request.entitledScopes);
      const account = await this.accounts.create(change, {
        name: request.name,
        kind: request.kind ?? 'production',
        isOperator: false,
        allowHapikey: request.allowHapikey ?? true,
        entitledScopes: request.entitledScopes ?? null,
        rateLimits: rateLimitsOf(request.rateLimits ?? null),
        timeZone: request.timeZone ?? 'UTC',
      });
      await this.record(change, caller, 'account.created', null, account);
      const answer = accountResponse(account);
      await this.idempotency.complete(change, caller.idempotency, answer);
      return answer;
    });
  }

  /** Every account for the operator, and for others their own. */
  async list(caller: Caller, { limit, after }: PageQuery): Promise<Page<AccountResponse>> {
    const place = creationPlace(after);
    const rows = await this.accounts.list(
      limit + 1,
      place,
      caller.seesEveryAccount ? 'everybody' : { id: caller.accountId },
    );
    return pageOf(rows, limit, accountResponse, creationCursor);
  }

  /** Changes exactly what the request names. */
  update(
    caller: Caller,
    id: string,
    request: UpdateAccountRequest,
    ifMatch: string | undefined,
  ): Promise<AccountResponse> {
    const { rateLimits, ...rest } = request;
    const limits = rateLimits === undefined ? {} : { rateLimits: rateLimitsOf(rateLimits) };
    return this.apply(caller, id, 'account.changed', { ...rest, ...limits }, ifMatch);
  }

  setSuspended(caller: Caller, id: string, suspended: boolean): Promise<AccountResponse> {
    return this.apply(caller, id, suspended ? 'account.suspended' : 'account.resumed', {
      suspended,
    });
  }

  private apply(
    caller: Caller,
    id: string,
    action: string,
    changes: AccountChanges,
    ifMatch?: string,
  ): Promise<AccountResponse> {
    return this.database.change(async (change) => {
      const before = await change.manager.findOneBy(AccountEntity, { id });
      if (before === null) throw notFound('account');
      requireMatch(ifMatch, before.revision);
      if (before.isOperator && changes.suspended === true) {
        throw invalidPathPart(
          'accountId',
          "the operator's own account cannot be suspended: nobody could resume it.",
        );
      }
      // As with keys: asking for what already is changes nothing.
      if (before.suspended === changes.suspended) {
        change.refresh('account', id);
        return accountResponse(before);
      }
      await this.checkScopesExist(change, changes.entitledScopes);
      const after = await this.accounts.change(change, id, changes);
      await this.record(change, caller, action, before, after);
      return accountResponse(after);
    });
  }

  private async checkScopesExist(
    change: Change,
    names: readonly string[] | null | undefined,
  ): Promise<void> {
    const unknown = await this.scopes.unknownOf(change, names ?? []);
    if (unknown.length > 0) throw unknownScopes('entitledScopes', unknown);
  }

  private record(
    change: Change,
    { actor, callerIp }: Caller,
    action: string,
    before: AccountEntity | null,
    after: AccountEntity,
  ): Promise<void> {
    return this.audit.append(change, {
      accountId: after.id,
      action,
      actor,
      callerIp,
      target: { type: 'account', id: after.id },
      ...(before !== null && { before: accountResponse(before) }),
      after: accountResponse(after),
    });
  }
}

export function accountResponse(account: AccountEntity): AccountResponse {
  const answer: AccountResponse = {
    id: account.id,
    name: account.name,
    kind: account.kind,
    state: account.suspended ? 'suspended' : 'active',
    isOperator: account.isOperator,
    allowHapikey: account.allowHapikey,
    entitledScopes: account.entitledScopes,
    rateLimits: rateLimitsResponse(account.rateLimits),
    timeZone: account.timeZone,
    createdAt: iso(account.createdAt),
  };
  return withRevision(answer, account.revision);
}
