import { Body, Controller, Get, Param, Put, Query, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CurrentCaller, type Caller } from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { IfMatch } from '../../access/guard/revision.interceptor.js';
import { DocumentText } from '../../platform/http/document-text.js';
import { PageQuery, type Page } from '../../platform/http/pages.js';
import { OpenapiImportService } from './openapi-import.service.js';
import {
  ImportQuery,
  ImportResponse,
  PutRoutesRequest,
  PutServiceRequest,
  RoutesResponse,
  ServiceResponse,
  ServicesPage,
} from './services.dto.js';
import { ServicesService } from './services.service.js';

@ApiTags('services')
@Controller('v1/services')
export class ServicesController {
  constructor(
    private readonly services: ServicesService,
    private readonly imports: OpenapiImportService,
  ) {}

  @Get()
  @RequireScopes('latchkey.services.read')
  @ApiOkResponse({ type: ServicesPage })
  list(@CurrentCaller() caller: Caller, @Query() query: PageQuery): Promise<Page<ServiceResponse>> {
    return this.services.list(caller, query);
  }

  @Get(':name')
  @RequireScopes('latchkey.services.read')
  @ApiOkResponse({ type: ServiceResponse })
  read(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<ServiceResponse> {
    return this.services.read(caller, name);
  }

  @Put(':name')
  @RequireScopes('latchkey.services.write')
  @ApiOkResponse({ type: ServiceResponse })
  @ApiCreatedResponse({ type: ServiceResponse })
  async put(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body() request: PutServiceRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ServiceResponse> {
    const { service, isNew } = await this.services.put(caller, name, request);
    reply.code(isNew ? 201 : 200);
    return service;
  }

  @Get(':name/routes')
  @RequireScopes('latchkey.services.read')
  @ApiOkResponse({ type: RoutesResponse })
  routes(@CurrentCaller() caller: Caller, @Param('name') name: string): Promise<RoutesResponse> {
    return this.services.routesOf(caller, name);
  }

  @Put(':name/routes')
  @RequireScopes('latchkey.services.write')
  @ApiOkResponse({ type: RoutesResponse })
  putRoutes(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @Body() request: PutRoutesRequest,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<RoutesResponse> {
    return this.services.putRoutes(caller, name, request, ifMatch);
  }

  @Put(':name/openapi')
  @RequireScopes('latchkey.services.write')
  @ApiConsumes('application/json', 'application/yaml')
  @ApiBody({ description: 'An OpenAPI 3 document', schema: { type: 'object' } })
  @ApiOkResponse({ type: ImportResponse })
  import(
    @CurrentCaller() caller: Caller,
    @Param('name') name: string,
    @DocumentText() text: string,
    @Query() query: ImportQuery,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<ImportResponse> {
    return this.imports.import(caller, name, text, query, ifMatch);
  }
}
