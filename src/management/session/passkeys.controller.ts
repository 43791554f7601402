import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForAnyone, ForPeople } from '../../access/guard/require-scopes.js';
import {
  CurrentPerson,
  CurrentVisit,
  type SignedIn,
  type Visit,
} from '../../access/guard/signed-in.js';
import { PasskeySignInService } from './passkey-sign-in.service.js';
import {
  AddPasskeyRequest,
  BeginPasskeyRequest,
  BegunPasskeyResponse,
  PasskeyResponse,
  PasskeysResponse,
  PasskeyWayResponse,
  SignInWithPasskeyRequest,
} from './passkeys.dto.js';
import { PasskeysService } from './passkeys.service.js';
import { SessionCookies } from './session-cookies.js';

@ApiTags('session')
@Controller('v1/session')
export class PasskeysController {
  constructor(
    private readonly passkeys: PasskeysService,
    private readonly signIn: PasskeySignInService,
    private readonly cookies: SessionCookies,
  ) {}

  @Get('passkey')
  @ForAnyone()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: PasskeyWayResponse, description: 'For signing in with one' })
  way(): PasskeyWayResponse {
    return this.signIn.way();
  }

  @Post('passkey')
  @HttpCode(204)
  @ForAnyone()
  @ApiNoContentResponse({
    description:
      'Signed in, without a password and without a code. The session comes as a cookie, and nowhere else',
  })
  async enter(
    @CurrentVisit() visit: Visit,
    @Body() request: SignInWithPasskeyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.cookies.set(reply, await this.signIn.enter(request, visit));
  }

  @Get('passkeys')
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: PasskeysResponse })
  list(@CurrentPerson() signedIn: SignedIn): Promise<PasskeysResponse> {
    return this.passkeys.list(signedIn);
  }

  @Post('passkeys/challenge')
  @HttpCode(200)
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: BegunPasskeyResponse, description: 'For navigator.credentials.create' })
  begin(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: BeginPasskeyRequest,
  ): Promise<BegunPasskeyResponse> {
    return this.passkeys.begin(signedIn, request);
  }

  @Post('passkeys')
  @ForPeople()
  @ApiCreatedResponse({ type: PasskeyResponse, description: 'From now on it signs in' })
  add(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: AddPasskeyRequest,
  ): Promise<PasskeyResponse> {
    return this.passkeys.add(signedIn, request);
  }

  @Delete('passkeys/:passkeyId')
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse({ description: 'It signs in no longer' })
  remove(@CurrentPerson() signedIn: SignedIn, @Param('passkeyId') id: string): Promise<void> {
    return this.passkeys.remove(signedIn, id);
  }
}
