import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  AuditEventsPage,
  AuditEventsQuery,
  AuditHeadResponse,
  AuditHeadsPage,
  AuditVerificationResponse,
  type AuditEventResponse,
} from './audit.dto.js';
import { AuditService } from './audit.service.js';

@ApiTags('audit')
@Controller('v1')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get('accounts/:accountId/audit-events')
  @RequireScopes('latchkey.audit.read')
  @ApiOkResponse({ type: AuditEventsPage, description: 'Newest first' })
  list(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Query() query: AuditEventsQuery,
  ): Promise<Page<AuditEventResponse>> {
    return this.audit.list(account.id, query);
  }

  @Get('accounts/:accountId/audit-events/head')
  @RequireScopes('latchkey.audit.read')
  @ApiOkResponse({
    type: AuditHeadResponse,
    description:
      'Where the chain of events ends. Kept elsewhere, it shows later whether anything up to it was cut off or written anew: latchkey audit verify --head',
  })
  head(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
  ): Promise<AuditHeadResponse> {
    return this.audit.head(account.id);
  }

  @Post('accounts/:accountId/audit-events/verify')
  @HttpCode(200)
  @RequireScopes('latchkey.audit.read')
  @ApiOkResponse({
    type: AuditVerificationResponse,
    description:
      'Whether every event is as it was written, and where not. It takes some seconds for 100,000 events; beyond that there is the command latchkey audit verify',
  })
  verify(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Body() _empty: EmptyRequest,
  ): Promise<AuditVerificationResponse> {
    return this.audit.verify(account.id);
  }

  @Get('audit-heads')
  @OperatorOnly()
  @RequireScopes('latchkey.audit.read')
  @ApiOkResponse({ type: AuditHeadsPage, description: 'The head of every account’s chain' })
  heads(@Query() query: PageQuery): Promise<Page<AuditHeadResponse>> {
    return this.audit.heads(query);
  }
}
