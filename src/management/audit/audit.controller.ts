import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import {
  PageQuery,
  decodeCursor,
  encodeCursor,
  pageOf,
  type Page,
} from '../../platform/http/pages.js';
import { iso } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import type { AuditEventEntity } from '../../store/entities/audit-event.entity.js';
import { AuditEventsPage, type AuditEventResponse } from './audit.dto.js';

@ApiTags('audit')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/audit-events')
export class AuditController {
  constructor(private readonly audit: AuditTrailStore) {}

  @Get()
  @RequireScopes('latchkey.audit.read')
  @ApiOkResponse({ type: AuditEventsPage, description: 'Newest first' })
  async list(
    @TargetAccount() account: AccountEntity,
    @Query() { limit, after }: PageQuery,
  ): Promise<Page<AuditEventResponse>> {
    const beforeSeq = after === undefined ? null : (decodeCursor(after, ['number'])[0] as number);
    const events = await this.audit.list(account.id, limit + 1, beforeSeq);
    return pageOf(events, limit, auditEventResponse, ({ seq }) => encodeCursor([seq]));
  }
}

function auditEventResponse(event: AuditEventEntity): AuditEventResponse {
  const { id, seq, action, actor, callerIp, before, after, previousDigest, digest } = event;
  const target = { type: event.targetType, id: event.targetId };
  return {
    id,
    seq,
    at: iso(event.at),
    action,
    actor,
    callerIp,
    target,
    before,
    after,
    previousDigest,
    digest,
  };
}
