import { Body, Controller, Header, HttpCode, Post, Res } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ForAnyone, ForPeople } from '../../access/guard/require-scopes.js';
import {
  CurrentPerson,
  CurrentVisit,
  type SignedIn,
  type Visit,
} from '../../access/guard/signed-in.js';
import { JoinRequest, LinkResponse, ReadLinkRequest, UseLinkRequest } from './links.dto.js';
import { LinksService } from './links.service.js';
import { SessionCookies } from './session-cookies.js';

/** A link's token travels in a body: what stands in a URL ends up in other people's logs. */
@ApiTags('session')
@Controller('v1')
export class LinksController {
  constructor(
    private readonly links: LinksService,
    private readonly cookies: SessionCookies,
  ) {}

  @Post('links/read')
  @HttpCode(200)
  @ForAnyone()
  @Header('Cache-Control', 'no-store')
  @ApiOkResponse({ type: LinkResponse, description: 'What it is for. It can be used all the same' })
  read(@Body() { token }: ReadLinkRequest): Promise<LinkResponse> {
    return this.links.read(token);
  }

  @Post('links/use')
  @HttpCode(204)
  @ForAnyone()
  @ApiNoContentResponse({ description: 'Signed in: the session comes as a cookie' })
  async use(
    @CurrentVisit() visit: Visit,
    @Body() request: UseLinkRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    this.cookies.set(reply, await this.links.use(request, visit));
  }

  @Post('session/join')
  @HttpCode(204)
  @ForPeople()
  @ApiNoContentResponse({ description: 'A member of the account that the link lets in to' })
  join(@CurrentPerson() signedIn: SignedIn, @Body() { token }: JoinRequest): Promise<void> {
    return this.links.join(signedIn, token);
  }
}
