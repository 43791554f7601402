import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { KeyUsageQuery, KeyUsageResponse } from './key-usage.dto.js';
import { KeyUsageService } from './key-usage.service.js';

@ApiTags('keys')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/keys/:keyId/usage')
export class KeyUsageController {
  constructor(private readonly usage: KeyUsageService) {}

  @Get()
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({
    type: KeyUsageResponse,
    description:
      'What a key was used for, by hour, route, scope and caller: counted with the calls, and kept however long the log is',
  })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') id: string,
    @Query() query: KeyUsageQuery,
  ): Promise<KeyUsageResponse> {
    return this.usage.read(account, id, query);
  }
}
