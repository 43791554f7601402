import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { TargetAccount } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { HygienePage, type KeyHygieneResponse } from './hygiene.dto.js';
import { HygieneService } from './hygiene.service.js';

@ApiTags('keys')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/hygiene')
export class HygieneController {
  constructor(private readonly hygiene: HygieneService) {}

  @Get()
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({
    type: HygienePage,
    description:
      'What wants attention about the keys that are neither revoked nor expired, the oldest first. A page looks at as many keys as its limit says, and shows those of them with findings: it can hold fewer, or none, and not be the last',
  })
  report(
    @TargetAccount() account: AccountEntity,
    @Query() query: PageQuery,
  ): Promise<Page<KeyHygieneResponse>> {
    return this.hygiene.report(account, query);
  }
}
