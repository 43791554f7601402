import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ForAnyone } from '../../access/guard/require-scopes.js';
import { CurrentVisit, type Visit } from '../../access/guard/signed-in.js';
import { AskRecoveryRequest, RecoveryWayResponse } from './recovery.dto.js';
import { RecoveryService } from './recovery.service.js';

@ApiTags('session')
@Controller('v1/session/recovery')
export class RecoveryController {
  constructor(private readonly recovery: RecoveryService) {}

  @Get()
  @ForAnyone()
  @ApiOkResponse({ type: RecoveryWayResponse })
  way(): RecoveryWayResponse {
    return { isMailed: this.recovery.isMailed };
  }

  @Post()
  @HttpCode(202)
  @ForAnyone()
  @ApiAcceptedResponse({
    description:
      'If somebody signs in with this address, a link that sets a new password is mailed',
  })
  ask(@CurrentVisit() visit: Visit, @Body() { email }: AskRecoveryRequest): Promise<void> {
    return this.recovery.ask(email, visit);
  }
}
