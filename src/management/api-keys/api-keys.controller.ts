import { Body, Controller, Get, Header, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { Idempotent } from '../../access/guard/idempotency.interceptor.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import type { Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  ApiKeyResponse,
  ApiKeysPage,
  CreateApiKeyRequest,
  IssuedApiKeyResponse,
  ListApiKeysQuery,
  ListedApiKeyResponse,
  UpdateApiKeyRequest,
} from './api-keys.dto.js';
import { ApiKeysService } from './api-keys.service.js';

@ApiTags('keys')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/keys')
export class ApiKeysController {
  constructor(private readonly keys: ApiKeysService) {}

  @Post()
  @Idempotent()
  @RequireScopes('latchkey.keys.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedApiKeyResponse })
  create(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() request: CreateApiKeyRequest,
  ): Promise<IssuedApiKeyResponse> {
    return this.keys.create(caller, account, request);
  }

  @Get()
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: ApiKeysPage })
  list(
    @TargetAccount() account: AccountEntity,
    @Query() query: ListApiKeysQuery,
  ): Promise<Page<ListedApiKeyResponse>> {
    return this.keys.list(account, query);
  }

  @Get(':keyId')
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: ApiKeyResponse })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
  ): Promise<ApiKeyResponse> {
    return this.keys.read(account, id);
  }

  @Patch(':keyId')
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: ApiKeyResponse })
  update(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Body() request: UpdateApiKeyRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<ApiKeyResponse> {
    return this.keys.update(caller, account, id, request, ifMatch);
  }

  @Post(':keyId/suspend')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: ApiKeyResponse })
  suspend(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<ApiKeyResponse> {
    return this.keys.act(caller, account, id, 'suspend');
  }

  @Post(':keyId/resume')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: ApiKeyResponse })
  resume(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<ApiKeyResponse> {
    return this.keys.act(caller, account, id, 'resume');
  }

  @Post(':keyId/revoke')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({
    type: ApiKeyResponse,
    description: 'Final: the key and all its secrets stop working',
  })
  revoke(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<ApiKeyResponse> {
    return this.keys.act(caller, account, id, 'revoke');
  }

  @Post(':keyId/reissue')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({
    type: IssuedApiKeyResponse,
    description: 'Another secret for one that got lost and was never used',
  })
  reissue(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<IssuedApiKeyResponse> {
    return this.keys.reissue(caller, account, id);
  }
}
