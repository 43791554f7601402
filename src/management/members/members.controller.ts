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
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  EndedMemberSessionsResponse,
  MemberResponse,
  MembersPage,
  RecoveryLinkResponse,
  UpdateMemberRequest,
} from './members.dto.js';
import { MembersService } from './members.service.js';

@ApiTags('members')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  @RequireScopes('latchkey.members.read')
  @ApiOkResponse({ type: MembersPage })
  list(
    @TargetAccount() account: AccountEntity,
    @Query() query: PageQuery,
  ): Promise<Page<MemberResponse>> {
    return this.members.list(account, query);
  }

  @Get(':memberId')
  @RequireScopes('latchkey.members.read')
  @ApiOkResponse({ type: MemberResponse })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
  ): Promise<MemberResponse> {
    return this.members.read(account, id);
  }

  @Patch(':memberId')
  @RequireScopes('latchkey.members.write')
  @ApiOkResponse({ type: MemberResponse })
  setRole(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
    @Body() { role }: UpdateMemberRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<MemberResponse> {
    return this.members.setRole(caller, account, id, role, ifMatch);
  }

  @Delete(':memberId')
  @HttpCode(204)
  @RequireScopes('latchkey.members.write')
  @ApiNoContentResponse({ description: 'The account is closed to them with their next request' })
  remove(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<void> {
    return this.members.remove(caller, account, id, ifMatch);
  }

  @Post(':memberId/end-sessions')
  @HttpCode(200)
  @RequireScopes('latchkey.members.write')
  @ApiOkResponse({ type: EndedMemberSessionsResponse, description: 'Signed out everywhere' })
  async endSessions(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<EndedMemberSessionsResponse> {
    return { ended: await this.members.endSessions(caller, account, id) };
  }

  @Post(':memberId/recovery-link')
  @RequireScopes('latchkey.members.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: RecoveryLinkResponse })
  makeRecoveryLink(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<RecoveryLinkResponse> {
    return this.members.makeRecoveryLink(caller, account, id);
  }
}
