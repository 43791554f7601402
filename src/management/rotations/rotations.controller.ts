import { Body, Controller, Get, Header, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiParam, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { Idempotent } from '../../access/guard/idempotency.interceptor.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import {
  IssuedRotationResponse,
  OpenRotationRequest,
  RotationResponse,
  rotationWish,
} from '../../platform/http/rotation.dto.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  CancelRotationRequest,
  ExtendRotationRequest,
  FinishRotationRequest,
  PlanBrownoutsRequest,
} from './rotations.dto.js';
import { RotationsService } from './rotations.service.js';

@ApiTags('rotations')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/keys/:keyId/rotations')
export class RotationsController {
  constructor(private readonly rotations: RotationsService) {}

  @Post()
  @Idempotent()
  @RequireScopes('latchkey.keys.write')
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({ type: IssuedRotationResponse })
  open(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Body() request: OpenRotationRequest,
  ): Promise<IssuedRotationResponse> {
    return this.rotations.open(caller, account, keyId, rotationWish(request));
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

  @Post(':rotationId/finish')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: RotationResponse, description: 'The old secret ends now' })
  finish(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
    @Body() { onlyIfSafe }: FinishRotationRequest,
  ): Promise<RotationResponse> {
    return this.rotations.finish(caller, account, keyId, id, onlyIfSafe ?? false);
  }

  @Post(':rotationId/cancel')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: RotationResponse, description: 'The new secret ends, the old one stays' })
  cancel(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
    @Body() { force }: CancelRotationRequest,
  ): Promise<RotationResponse> {
    return this.rotations.cancel(caller, account, keyId, id, force ?? false);
  }

  @Post(':rotationId/extend')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({ type: RotationResponse })
  extend(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
    @Body() { graceEndsAt }: ExtendRotationRequest,
  ): Promise<RotationResponse> {
    return this.rotations.extend(caller, account, keyId, id, graceEndsAt);
  }

  @Put(':rotationId/brownouts')
  @RequireScopes('latchkey.keys.write')
  @ApiOkResponse({
    type: RotationResponse,
    description:
      'Short times in which the old secret is refused, so that who still uses it notices before its end',
  })
  planBrownouts(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
    @Body() { brownouts }: PlanBrownoutsRequest,
  ): Promise<RotationResponse> {
    const wanted = brownouts.map(({ startsAt, endsAt }) => ({
      startsAt: Date.parse(startsAt),
      endsAt: Date.parse(endsAt),
    }));
    return this.rotations.planBrownouts(caller, account, keyId, id, wanted);
  }

  @Post(':rotationId/reissue')
  @HttpCode(200)
  @RequireScopes('latchkey.keys.write')
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({
    type: IssuedRotationResponse,
    description: 'Another new secret for one that got lost and was never used',
  })
  reissue(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('keyId') keyId: string,
    @Param('rotationId') id: string,
    @Body() _empty: EmptyRequest,
  ): Promise<IssuedRotationResponse> {
    return this.rotations.reissue(caller, account, keyId, id);
  }
}
