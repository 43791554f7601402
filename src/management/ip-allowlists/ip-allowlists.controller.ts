import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import type { IpAllowlist } from '../../core/ip-allowlist.js';
import { IpAllowlistField, IpAllowlistResponse } from '../../platform/http/ip-allowlist.dto.js';
import { withRevision } from '../../platform/http/revision.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { CheckIpRequest, CheckIpResponse } from './ip-allowlists.dto.js';
import { IpAllowlistsService, checkIp } from './ip-allowlists.service.js';

@ApiTags('ip allowlists')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId')
export class IpAllowlistsController {
  constructor(private readonly lists: IpAllowlistsService) {}

  @Get('ip-allowlist')
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: IpAllowlistResponse })
  ofAccount(@TargetAccount() account: AccountEntity): IpAllowlist {
    return withRevision({ ...account.ipAllowlist }, account.revision);
  }

  @Put('ip-allowlist')
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: IpAllowlistResponse })
  putForAccount(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() list: IpAllowlistField,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<IpAllowlist> {
    return this.lists.putForAccount(caller, account, list, ifMatch);
  }

  @Post('ip-allowlist/check')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: CheckIpResponse })
  checkForAccount(
    @TargetAccount() account: AccountEntity,
    @Body() { ip }: CheckIpRequest,
  ): CheckIpResponse {
    return checkIp(account.ipAllowlist, ip);
  }

  @Get('keys/:keyId/ip-allowlist')
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: IpAllowlistResponse })
  ofKey(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
  ): Promise<IpAllowlist> {
    return this.lists.ofKey(account, keyId);
  }

  @Put('keys/:keyId/ip-allowlist')
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: IpAllowlistResponse })
  putForKey(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Body() list: IpAllowlistField,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<IpAllowlist> {
    return this.lists.putForKey(caller, account, keyId, list, ifMatch);
  }

  @Post('keys/:keyId/ip-allowlist/check')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: CheckIpResponse })
  async checkForKey(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Body() { ip }: CheckIpRequest,
  ): Promise<CheckIpResponse> {
    return checkIp(await this.lists.ofKey(account, keyId), ip);
  }
}
