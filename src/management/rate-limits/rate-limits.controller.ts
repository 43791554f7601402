import { Controller, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { LimitsResponse } from './rate-limits.dto.js';
import { RateLimitsService } from './rate-limits.service.js';

@ApiTags('limits')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId')
export class RateLimitsController {
  constructor(private readonly limits: RateLimitsService) {}

  @Get('limits')
  @RequireScopes('latchkey.accounts.read')
  @ApiOkResponse({
    type: LimitsResponse,
    description: 'How the limits of an account stand, which hold over all its keys together',
  })
  ofAccount(@TargetAccount() account: AccountEntity): Promise<LimitsResponse> {
    return this.limits.ofAccount(account);
  }

  @Get('keys/:keyId/limits')
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({
    type: LimitsResponse,
    description: 'How the limits stand that a key is held to: its own, and those of its account',
  })
  ofKey(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
  ): Promise<LimitsResponse> {
    return this.limits.ofKey(account, id);
  }
}
