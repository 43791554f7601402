import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import type { Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { CallsPage, RequestLogQuery, type CallResponse } from './request-log.dto.js';
import { RequestLogService } from './request-log.service.js';

@ApiTags('request log')
@Controller('v1')
export class RequestLogController {
  constructor(private readonly log: RequestLogService) {}

  @Get('request-log')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: CallsPage,
    description: 'All accounts, and calls for which no key was found. Newest first',
  })
  searchAll(@Query() query: RequestLogQuery): Promise<Page<CallResponse>> {
    return this.log.search({}, query);
  }

  @Get('accounts/:accountId/request-log')
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: CallsPage, description: 'Newest first' })
  search(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Query() query: RequestLogQuery,
  ): Promise<Page<CallResponse>> {
    return this.log.search({ accountId: account.id }, query);
  }
}
