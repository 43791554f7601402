import { Body, Controller, Get, Header, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { IssuedRotationResponse, OpenRotationRequest, RotationResponse } from './rotations.dto.js';
import { RotationsService } from './rotations.service.js';

@ApiTags('rotations')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/keys/:keyId/rotations')
export class RotationsController {
  constructor(private readonly rotations: RotationsService) {}

  @Post()
  @RequireScopes('latchkey.keys.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedRotationResponse })
  open(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Body() request: OpenRotationRequest,
  ): Promise<IssuedRotationResponse> {
    return this.rotations.open(caller, account, keyId, request.graceSeconds);
  }

  @Get(':rotationId')
  @RequireScopes('latchkey.keys.read')
  @ApiOkResponse({ type: RotationResponse })
  read(
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
  ): Promise<RotationResponse> {
    return this.rotations.read(account, keyId, id);
  }
}
