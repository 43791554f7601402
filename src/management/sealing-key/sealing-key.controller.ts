import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CurrentCaller, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { SealingKeyResponse, SealingKeyRotationResponse } from './sealing-key.dto.js';
import { SealingKeyService } from './sealing-key.service.js';

@ApiTags('sealing key')
@Controller('v1/sealing-key')
export class SealingKeyController {
  constructor(private readonly sealingKey: SealingKeyService) {}

  @Get()
  @OperatorOnly()
  @RequireScopes('latchkey.services.read')
  @ApiOkResponse({ type: SealingKeyResponse, description: 'Its versions, never the key' })
  read(): Promise<SealingKeyResponse> {
    return this.sealingKey.read();
  }

  @Post('rotate')
  @HttpCode(200)
  @RequireScopes('latchkey.services.write')
  @ApiOkResponse({
    type: SealingKeyRotationResponse,
    description:
      'Seals everything anew, while calls go on: under a new key where it is kept in a file, else under the first version in SEALING_KEY',
  })
  rotate(
    @CurrentCaller() caller: Caller,
    @Body() _empty: EmptyRequest,
  ): Promise<SealingKeyRotationResponse> {
    return this.sealingKey.rotate(caller);
  }
}
