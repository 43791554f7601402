import { Body, Controller, Get, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForPeople } from '../../access/guard/require-scopes.js';
import { CurrentPerson, type SignedIn } from '../../access/guard/signed-in.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import {
  BegunSecondFactorResponse,
  ConfirmSecondFactorRequest,
  ProofRequest,
  RecoveryCodesResponse,
  SecondFactorResponse,
} from './second-factor.dto.js';
import { SecondFactorService } from './second-factor.service.js';
import { SessionCookies } from './session-cookies.js';

@ApiTags('session')
@Controller('v1/session/second-factor')
export class SecondFactorController {
  constructor(
    private readonly secondFactor: SecondFactorService,
    private readonly cookies: SessionCookies,
  ) {}

  @Get()
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: SecondFactorResponse })
  read(@CurrentPerson() signedIn: SignedIn): Promise<SecondFactorResponse> {
    return this.secondFactor.read(signedIn);
  }

  @Post()
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiCreatedResponse({
    type: BegunSecondFactorResponse,
    description: 'For an authenticator app. Nothing is asked for before it is confirmed',
  })
  begin(
    @CurrentPerson() signedIn: SignedIn,
    @Body() _empty: EmptyRequest,
  ): Promise<BegunSecondFactorResponse> {
    return this.secondFactor.begin(signedIn);
  }

  @Post('confirm')
  @HttpCode(200)
  @ForPeople()
  @ApiOkResponse({
    type: RecoveryCodesResponse,
    description:
      'From now on signing in asks for a code. Every session is ended, and another one begun here',
  })
  async confirm(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: ConfirmSecondFactorRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RecoveryCodesResponse> {
    const { recoveryCodes, session } = await this.secondFactor.confirm(signedIn, request);
    this.cookies.set(reply, session);
    return { recoveryCodes };
  }

  @Post('recovery-codes')
  @HttpCode(200)
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({
    type: RecoveryCodesResponse,
    description: 'In the place of those that there were',
  })
  async makeRecoveryCodes(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: ProofRequest,
  ): Promise<RecoveryCodesResponse> {
    return { recoveryCodes: await this.secondFactor.makeRecoveryCodes(signedIn, request) };
  }

  @Post('turn-off')
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse({
    description: 'A password is enough again. Every session is ended, and another one begun here',
  })
  async turnOff(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: ProofRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.cookies.set(reply, await this.secondFactor.turnOff(signedIn, request));
  }
}
