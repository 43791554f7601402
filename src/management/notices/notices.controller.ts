import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  DeliveryResponse,
  LoggedNoticeResponse,
  NoticeEmails,
  NoticesPage,
  type NoticeResponse,
} from './notices.dto.js';
import { NoticeEmailsService } from './notice-emails.service.js';
import { NoticesService } from './notices.service.js';

@ApiTags('notices')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId')
export class NoticesController {
  constructor(
    private readonly notices: NoticesService,
    private readonly emails: NoticeEmailsService,
  ) {}

  @Get('notices')
  @RequireScopes('latchkey.notices.read')
  @ApiOkResponse({ type: NoticesPage, description: 'Newest first' })
  list(
    @TargetAccount() account: AccountEntity,
    @Query() query: PageQuery,
  ): Promise<Page<NoticeResponse>> {
    return this.notices.list(account, query);
  }

  @Get('notices/:noticeId')
  @RequireScopes('latchkey.notices.read')
  @ApiOkResponse({ type: LoggedNoticeResponse })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('noticeId') id: string,
  ): Promise<LoggedNoticeResponse> {
    return this.notices.read(account, id);
  }

  @Post('notices/:noticeId/deliveries/:deliveryId/retry')
  @HttpCode(200)
  @RequireScopes('latchkey.notices.write')
  @ApiOkResponse({
    type: DeliveryResponse,
    description: 'It is sent now, and if that fails again and again for a day',
  })
  retry(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('noticeId') noticeId: string,
    @Param('deliveryId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<DeliveryResponse> {
    return this.notices.retry(caller, account, noticeId, id);
  }

  @Get('notice-emails')
  @RequireScopes('latchkey.notices.read')
  @ApiOkResponse({ type: NoticeEmails })
  readEmails(@TargetAccount() account: AccountEntity): NoticeEmails {
    return this.emails.read(account);
  }

  @Put('notice-emails')
  @RequireScopes('latchkey.notices.write')
  @ApiOkResponse({ type: NoticeEmails })
  setEmails(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() { emails }: NoticeEmails,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<NoticeEmails> {
    return this.emails.set(caller, account, emails, ifMatch);
  }
}
