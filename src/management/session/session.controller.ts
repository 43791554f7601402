import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Patch,
  Post,
  Put,
  Res,
} from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForAnyone, ForPeople } from '../../access/guard/require-scopes.js';
import {
  CurrentPerson,
  CurrentVisit,
  type SignedIn,
  type Visit,
} from '../../access/guard/signed-in.js';
import { EmptyRequest } from '../../platform/http/empty-request.js';
import { SessionCookies } from './session-cookies.js';
import {
  ChangePasswordRequest,
  EndedSessionsResponse,
  MembershipResponse,
  SessionsResponse,
  SignInRequest,
  UpdateMembershipRequest,
  WhoAmIResponse,
} from './session.dto.js';
import { SessionService } from './session.service.js';

const description = 'The session comes as a cookie, and nowhere else';

@ApiTags('session')
@Controller('v1/session')
export class SessionController {
  constructor(
    private readonly sessions: SessionService,
    private readonly cookies: SessionCookies,
  ) {}

  @Post()
  @HttpCode(204)
  @ForAnyone()
  @ApiNoContentResponse({ description })
  async signIn(
    @CurrentVisit() visit: Visit,
    @Body() request: SignInRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.cookies.set(reply, await this.sessions.signIn(request, visit));
  }

  @Get()
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiHeader({
    name: 'Latchkey-Account',
    required: false,
    description: 'The account to be told of as the current one',
  })
  @ApiOkResponse({ type: WhoAmIResponse })
  whoAmI(@CurrentPerson() signedIn: SignedIn): WhoAmIResponse {
    return this.sessions.whoAmI(signedIn);
  }

  @Delete()
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse({ description: 'Signed out' })
  async signOut(
    @CurrentPerson() signedIn: SignedIn,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.signOut(signedIn);
    this.cookies.clear(reply);
  }

  @Put('password')
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse({ description: 'Every session is ended, and another one begun here' })
  async changePassword(
    @CurrentPerson() signedIn: SignedIn,
    @Body() request: ChangePasswordRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.cookies.set(reply, await this.sessions.changePassword(signedIn, request));
  }

  @Patch('memberships/:membershipId')
  @ForPeople()
  @ApiOkResponse({ type: MembershipResponse, description: 'One of their own' })
  updateMembership(
    @CurrentPerson() signedIn: SignedIn,
    @Param('membershipId') id: string,
    @Body() request: UpdateMembershipRequest,
  ): Promise<MembershipResponse> {
    return this.sessions.updateMembership(signedIn, id, request);
  }

  @Get('sessions')
  @ForPeople()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: SessionsResponse })
  async list(@CurrentPerson() signedIn: SignedIn): Promise<SessionsResponse> {
    return { results: await this.sessions.list(signedIn) };
  }

  @Post('sessions/end-others')
  @HttpCode(200)
  @ForPeople()
  @ApiOkResponse({ type: EndedSessionsResponse })
  async endOthers(
    @CurrentPerson() signedIn: SignedIn,
    @Body() _empty: EmptyRequest,
  ): Promise<EndedSessionsResponse> {
    return { ended: await this.sessions.endOthers(signedIn) };
  }

  @Delete('sessions/:sessionId')
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse()
  end(@CurrentPerson() signedIn: SignedIn, @Param('sessionId') id: string): Promise<void> {
    return this.sessions.end(signedIn, id);
  }
}
