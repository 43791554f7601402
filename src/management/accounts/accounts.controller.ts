import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { Idempotent } from '../../access/guard/idempotency.interceptor.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  AccountResponse,
  AccountsPage,
  CreateAccountRequest,
  UpdateAccountRequest,
} from './accounts.dto.js';
import { AccountsService, accountResponse } from './accounts.service.js';

@ApiTags('accounts')
@Controller('v1/accounts')
export class AccountsController {
  constructor(private readonly accounts: AccountsService) {}

  @Post()
  @Idempotent()
  @RequireScopes('latchkey.accounts.write')
  @ApiCreatedResponse({ type: AccountResponse })
  create(
    @CurrentCaller() caller: Caller,
    @Body() request: CreateAccountRequest,
  ): Promise<AccountResponse> {
    return this.accounts.create(caller, request);
  }

  @Get()
  @RequireScopes('latchkey.accounts.read')
  @ApiOkResponse({ type: AccountsPage })
  list(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<AccountResponse>> {
    return this.accounts.list(caller, query);
  }

  @Get(':accountId')
  @RequireScopes('latchkey.accounts.read')
  @ApiOkResponse({ type: AccountResponse })
  read(@Param('accountId') _id: string, @TargetAccount() account: AccountEntity): AccountResponse {
    return accountResponse(account);
  }

  @Patch(':accountId')
  @RequireScopes('latchkey.accounts.write')
  @ApiOkResponse({ type: AccountResponse })
  update(
    @CurrentCaller() caller: Caller,
    @Param('accountId') id: string,
    @Body() request: UpdateAccountRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<AccountResponse> {
    return this.accounts.update(caller, id, request, ifMatch);
  }

  @Post(':accountId/suspend')
  @HttpCode(200)
  @RequireScopes('latchkey.accounts.write')
  @ApiOkResponse({ type: AccountResponse })
  suspend(
    @CurrentCaller() caller: Caller,
    @Param('accountId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<AccountResponse> {
    return this.accounts.setSuspended(caller, id, true);
  }

  @Post(':accountId/resume')
  @HttpCode(200)
  @RequireScopes('latchkey.accounts.write')
  @ApiOkResponse({ type: AccountResponse })
  resume(
    @CurrentCaller() caller: Caller,
    @Param('accountId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<AccountResponse> {
    return this.accounts.setSuspended(caller, id, false);
  }
}
