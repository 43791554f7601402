import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
} from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { Idempotent } from '../../access/guard/idempotency.interceptor.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  CreateWebhookRequest,
  IssuedWebhookResponse,
  UpdateWebhookRequest,
  WebhookResponse,
  WebhookTestResponse,
  WebhooksPage,
} from './webhooks.dto.js';
import { WebhooksService } from './webhooks.service.js';

@ApiTags('webhooks')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/webhooks')
export class WebhooksController {
  constructor(private readonly webhooks: WebhooksService) {}

  @Post()
  @Idempotent()
  @RequireScopes('latchkey.notices.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedWebhookResponse })
  create(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() request: CreateWebhookRequest,
  ): Promise<IssuedWebhookResponse> {
    return this.webhooks.create(caller, account, request);
  }

  @Get()
  @RequireScopes('latchkey.notices.read')
  @ApiOkResponse({ type: WebhooksPage })
  list(
    @TargetAccount() account: AccountEntity,
    @Query() query: PageQuery,
  ): Promise<Page<WebhookResponse>> {
    return this.webhooks.list(account, query);
  }

  @Get(':webhookId')
  @RequireScopes('latchkey.notices.read')
  @ApiOkResponse({ type: WebhookResponse })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('webhookId') id: string,
  ): Promise<WebhookResponse> {
    return this.webhooks.read(account, id);
  }

  @Patch(':webhookId')
  @RequireScopes('latchkey.notices.write')
  @ApiOkResponse({ type: WebhookResponse })
  update(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('webhookId') id: string,
    @Body() request: UpdateWebhookRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<WebhookResponse> {
    return this.webhooks.update(caller, account, id, request, ifMatch);
  }

  @Delete(':webhookId')
  @HttpCode(204)
  @RequireScopes('latchkey.notices.write')
  @ApiNoContentResponse()
  remove(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('webhookId') id: string,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<void> {
    return this.webhooks.remove(caller, account, id, ifMatch);
  }

  @Post(':webhookId/test')
  @HttpCode(200)
  @RequireScopes('latchkey.notices.write')
  @ApiOkResponse({ type: WebhookTestResponse, description: 'A notice is sent to this webhook' })
  test(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('webhookId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<WebhookTestResponse> {
    return this.webhooks.test(caller, account, id);
  }

  @Post(':webhookId/rotate-secret')
  @HttpCode(200)
  @RequireScopes('latchkey.notices.write')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({
    type: IssuedWebhookResponse,
    description: 'Another secret; the one before signs beside it for 24 hours',
  })
  rotateSecret(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('webhookId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<IssuedWebhookResponse> {
    return this.webhooks.rotateSecret(caller, account, id);
  }
}
