import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import { PutScopeRequest, ScopeResponse, ScopesPage } from './scopes.dto.js';
import { ScopesService } from './scopes.service.js';

@ApiTags('scopes')
@Controller('v1/scopes')
export class ScopesController {
  constructor(private readonly scopes: ScopesService) {}

  @Get()
  @RequireScopes('latchkey.scopes.read')
  @ApiOkResponse({ type: ScopesPage })
  list(@Query() query: PageQuery): Promise<Page<ScopeResponse>> {
    return this.scopes.list(query);
  }

  @Get(':name')
  @RequireScopes('latchkey.scopes.read')
  @ApiOkResponse({ type: ScopeResponse })
  read(@Param('name') name: string): Promise<ScopeResponse> {
    return this.scopes.read(name);
  }

  @Put(':name')
  @RequireScopes('latchkey.scopes.write')
  @ApiOkResponse({ type: ScopeResponse })
  @ApiCreatedResponse({ type: ScopeResponse })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body() request: PutScopeRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ScopeResponse> {
    const { scope, isNew } = await this.scopes.put(caller, name, request);
    reply.code(isNew ? 201 : 200);
    return scope;
  }

  @Delete(':name')
  @HttpCode(204)
  @RequireScopes('latchkey.scopes.write')
  @ApiNoContentResponse()
  remove(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<void> {
    return this.scopes.remove(caller, name);
  }
}
