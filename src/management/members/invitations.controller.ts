import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
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
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { InvitationsService } from './invitations.service.js';
import {
  InvitationResponse,
  InvitationsPage,
  InviteRequest,
  IssuedInvitationResponse,
  ResendInvitationRequest,
} from './members.dto.js';

@ApiTags('members')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/invitations')
export class InvitationsController {
  constructor(private readonly invitations: InvitationsService) {}

  @Post()
  @Idempotent()
  @RequireScopes('latchkey.members.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedInvitationResponse })
  invite(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() request: InviteRequest,
  ): Promise<IssuedInvitationResponse> {
    return this.invitations.invite(caller, account, request);
  }

  @Get()
  @RequireScopes('latchkey.members.read')
  @ApiOkResponse({ type: InvitationsPage, description: 'Those that are open' })
  list(
    @TargetAccount() account: AccountEntity,
    @Query() query: PageQuery,
  ): Promise<Page<InvitationResponse>> {
    return this.invitations.list(account, query);
  }

  @Post(':invitationId/resend')
  @HttpCode(200)
  @RequireScopes('latchkey.members.write')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({
    type: IssuedInvitationResponse,
    description: 'Another link in place of the one before, for as long as a new one',
  })
  resend(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('invitationId') id: string,
    @Body() request: ResendInvitationRequest,
  ): Promise<IssuedInvitationResponse> {
    return this.invitations.resend(caller, account, id, request);
  }

  @Delete(':invitationId')
  @HttpCode(204)
  @RequireScopes('latchkey.members.write')
  @ApiNoContentResponse({ description: 'Its link works no longer' })
  revoke(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('invitationId') id: string,
  ): Promise<void> {
    return this.invitations.revoke(caller, account, id);
  }
}
