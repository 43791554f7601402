import { Controller, Delete, HttpCode, Param } from '@nestjs/common';
import { ApiNoContentResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { MemberSecondFactorService } from './member-second-factor.service.js';

@ApiTags('members')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/members/:memberId/second-factor')
export class MemberSecondFactorController {
  constructor(private readonly secondFactor: MemberSecondFactorService) {}

  @Delete()
  @HttpCode(204)
  @RequireScopes('latchkey.members.write')
  @ApiNoContentResponse({
    description:
      'Their password is enough again, their passkeys are gone, and they are signed out everywhere',
  })
  reset(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('memberId') id: string,
  ): Promise<void> {
    return this.secondFactor.reset(caller, account, id);
  }
}
