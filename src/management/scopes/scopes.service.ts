import { Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { isManagementScope, managementScopePrefix } from '../../core/management-scopes.js';
import { isScopeName } from '../../core/scope-set.js';
import { conflict, invalidPathPart, notFound } from '../../platform/errors/api-error.js';
import {
  decodeCursor,
  encodeCursor,
  pageOf,
  type Page,
  type PageQuery,
} from '../../platform/http/pages.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { ScopeEntity } from '../../store/entities/scope.entity.js';
import { ScopesStore } from '../../store/scopes.store.js';
import type { PutScopeRequest, ScopeResponse } from './scopes.dto.js';

@Injectable()
export class ScopesService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ScopesStore,
    private readonly audit: AuditTrailStore,
  ) {}

  async list({ limit, after }: PageQuery): Promise<Page<ScopeResponse>> {
    const place = after === undefined ? null : (decodeCursor(after, ['string'])[0] as string);
    const rows = await this.scopes.list(limit + 1, place);
    return pageOf(rows, limit, scopeResponse, ({ name }) => encodeCursor([name]));
  }

  async read(name: string): Promise<ScopeResponse> {
    const scope = await this.scopes.find(name);
    if (scope === null) throw notFound('scope');
    return scopeResponse(scope);
  }

  /** @returns the scope, and whether it is new */
  put(
    caller: Caller,
    name: string,
    request: PutScopeRequest,
  ): Promise<{ scope: ScopeResponse; isNew: boolean }> {
    if (!isScopeName(name)) {
      throw invalidPathPart(
        'name',
        "a scope's name is 1 to 128 characters of visible ASCII without quotes and backslashes.",
      );
    }
    refuseReserved(name);
    return this.database.change(async (change) => {
      const before = await change.manager.findOneBy(ScopeEntity, { name });
      const scope = {
        name,
        description: request.description ?? '',
        sensitive: request.sensitive ?? false,
        dataCategories: request.dataCategories ?? [],
      };
      await this.scopes.put(change, scope);
      await this.audit.append(change, {
        accountId: caller.accountId,
        action: before === null ? 'scope.created' : 'scope.changed',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'scope', id: name },
        ...(before !== null && { before: scopeResponse(before) }),
        after: scope,
      });
      return { scope, isNew: before === null };
    });
  }

  async remove(caller: Caller, name: string): Promise<void> {
    refuseReserved(name);
    await this.database.change(async (change) => {
      const scope = await change.manager.findOneBy(ScopeEntity, { name });
      if (scope === null) throw notFound('scope');
      const uses = await this.scopes.usesOf(change, name);
      if (uses.grants + uses.routes > 0) {
        const held = `${uses.grants} grants and ${uses.routes} routes`;
        throw conflict(
          `This scope is still needed by ${held}. Take it away there first.`,
          'SCOPE_IN_USE',
          uses,
        );
      }
      await this.scopes.remove(change, name);
      await this.audit.append(change, {
        accountId: caller.accountId,
        action: 'scope.deleted',
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: 'scope', id: name },
        before: scopeResponse(scope),
      });
    });
  }
}

function refuseReserved(name: string): void {
  if (!isManagementScope(name)) return;
  throw invalidPathPart(
    'name',
    `scopes that begin with ${managementScopePrefix} are Latchkey's own.`,
  );
}

function scopeResponse({
  name,
  description,
  sensitive,
  dataCategories,
}: ScopeEntity): ScopeResponse {
  return { name, description, sensitive, dataCategories };
}
