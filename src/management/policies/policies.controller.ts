import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { PolicyResponse, PutPolicyRequest } from './policies.dto.js';
import { PoliciesService } from './policies.service.js';

@ApiTags('accounts')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/policy')
export class PoliciesController {
  constructor(private readonly policies: PoliciesService) {}

  @Get()
  @RequireScopes('latchkey.accounts.read')
  @ApiOkResponse({ type: PolicyResponse })
  read(@TargetAccount() account: AccountEntity): PolicyResponse {
    return this.policies.show(account);
  }

  @Put()
  @RequireScopes('latchkey.accounts.write')
  @ApiOkResponse({
    type: PolicyResponse,
    description: 'Replaces all of it: what is left out is as in the whole installation again',
  })
  put(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Body() request: PutPolicyRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<PolicyResponse> {
    return this.policies.put(caller, account.id, request, ifMatch);
  }
}
