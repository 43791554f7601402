import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import type { Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { JunkCountsPage, JunkCountsQuery, type JunkCountResponse } from './junk-counts.dto.js';
import { LogGapsQuery, LogGapsResponse } from './log-gaps.dto.js';
import { LogGapsService } from './log-gaps.service.js';
import { CallCountsResponse } from './log-counts.dto.js';
import { CallFilterQuery, CallResponse, CallsPage, RequestLogQuery } from './request-log.dto.js';
import { RequestLogService } from './request-log.service.js';

const ofOneCall = 'By the correlation id that its answer bore';

@ApiTags('request log')
@Controller('v1')
export class RequestLogController {
  constructor(
    private readonly log: RequestLogService,
    private readonly gaps: LogGapsService,
  ) {}

  @Get('request-log')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: CallsPage,
    description:
      'All accounts, and calls for which no key was found. Newest first, unless asked otherwise',
  })
  searchAll(@Query() query: RequestLogQuery): Promise<CallsPage> {
    return this.log.search({}, query);
  }

  @Get('request-log/counts')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: CallCountsResponse,
    description:
      'The same calls as in the list, counted by time, status, reason, key, caller and route',
  })
  countAll(@Query() query: CallFilterQuery): Promise<CallCountsResponse> {
    return this.log.count({}, query);
  }

  @Get('request-log/gaps')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: LogGapsResponse,
    description:
      'What is missing from the log: a node numbers its calls, so a row that is missing is a number that is. It looks at every row of the time',
  })
  findGaps(
    @CurrentCaller() caller: Caller,
    @Query() query: LogGapsQuery,
  ): Promise<LogGapsResponse> {
    return this.gaps.find(caller.accountId, query);
  }

  @Get('request-log/junk')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: JunkCountsPage,
    description:
      'Calls without a genuine secret that have no row: beyond JUNK_ROWS_PER_MINUTE they are counted, by minute, address block and reason. What the HTTP parser refused is counted here too. The latest minute first',
  })
  junk(@Query() query: JunkCountsQuery): Promise<Page<JunkCountResponse>> {
    return this.log.junk(query);
  }

  @Get('request-log/:callId')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: CallResponse, description: ofOneCall })
  readAny(@Param('callId') id: string): Promise<CallResponse> {
    return this.log.read({}, id);
  }

  @Get('accounts/:accountId/request-log')
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: CallsPage, description: 'Newest first, unless asked otherwise' })
  search(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Query() query: RequestLogQuery,
  ): Promise<CallsPage> {
    return this.log.search({ accountId: account.id }, query);
  }

  @Get('accounts/:accountId/request-log/counts')
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({
    type: CallCountsResponse,
    description:
      'The same calls as in the list, counted by time, status, reason, key, caller and route',
  })
  count(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Query() query: CallFilterQuery,
  ): Promise<CallCountsResponse> {
    return this.log.count({ accountId: account.id }, query);
  }

  @Get('accounts/:accountId/request-log/:callId')
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: CallResponse, description: ofOneCall })
  read(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Param('callId') id: string,
  ): Promise<CallResponse> {
    return this.log.read({ accountId: account.id }, id);
  }
}
