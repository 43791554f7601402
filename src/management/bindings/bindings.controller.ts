import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query, Res } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiParam,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, TargetAccount, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import {
  BindingQuery,
  BindingResponse,
  BindingsResponse,
  PutBindingRequest,
} from './bindings.dto.js';
import { BindingsService } from './bindings.service.js';

@ApiTags('bindings')
@ApiParam({ name: 'accountId', type: String })
@Controller('v1/accounts/:accountId/services/:name')
export class BindingsController {
  constructor(private readonly bindings: BindingsService) {}

  @Get()
  @RequireScopes('latchkey.services.read')
  @ApiOkResponse({ type: BindingsResponse })
  list(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('name') name: string,
  ): Promise<BindingsResponse> {
    return this.bindings.list(caller, account, name);
  }

  @Put()
  @RequireScopes('latchkey.services.write')
  @ApiOkResponse({ type: BindingResponse })
  @ApiCreatedResponse({ type: BindingResponse })
  async put(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('name') name: string,
    @Body() request: PutBindingRequest,
    @IfMatch() ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<BindingResponse> {
    const { binding, isNew } = await this.bindings.put(caller, account, name, request, ifMatch);
    reply.code(isNew ? 201 : 200);
    return binding;
  }

  @Delete()
  @HttpCode(204)
  @RequireScopes('latchkey.services.write')
  @ApiNoContentResponse()
  remove(
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Param('name') name: string,
    @Query() { environment }: BindingQuery,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<void> {
    return this.bindings.remove(caller, account, name, environment, ifMatch);
  }
}
