import { applyDecorators, Controller, Get, Param, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CurrentCaller,
  StillAdmitted,
  TargetAccount,
  type Caller,
} from '../../access/guard/caller.js';
import { KeepsQuery } from '../../access/guard/own-secret.guard.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import { fileHeaders, streamFile } from '../../platform/http/stream-file.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { exportFormats } from './export-formats.js';
import { ExportManifestResponse, ExportQuery } from './log-export.dto.js';
import { LogExportService, type ExportOrder } from './log-export.service.js';

const Exports = (description: string): MethodDecorator =>
  applyDecorators(
    KeepsQuery(),
    RequireScopes('latchkey.request_log.read'),
    ApiOkResponse({
      description,
      headers: {
        'Latchkey-Export': { description: 'The id of its manifest', schema: { type: 'string' } },
      },
      content: {
        'application/x-ndjson': { schema: { type: 'string' } },
        'text/csv': { schema: { type: 'string' } },
      },
    }),
  );

@ApiTags('request log')
@Controller('v1')
export class LogExportController {
  constructor(private readonly exports: LogExportService) {}

  @Get('request-log/export')
  @OperatorOnly()
  @Exports('The calls of all accounts, newest first; what comes in meanwhile is not among them')
  exportAll(
    @CurrentCaller() caller: Caller,
    @Query() query: ExportQuery,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    return this.send({ caller, scope: {}, query, stillAdmitted }, request, reply);
  }

  @Get('request-log/exports/:exportId')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: ExportManifestResponse, description: 'The manifest of any export' })
  manifestOfAny(@Param('exportId') id: string): Promise<ExportManifestResponse> {
    return this.exports.manifest(null, id);
  }

  @Get('accounts/:accountId/request-log/export')
  @Exports('Newest first; what comes in meanwhile is not among them')
  export(
    @Param('accountId') _id: string,
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Query() query: ExportQuery,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = { accountId: account.id };
    return this.send({ caller, scope, query, stillAdmitted }, request, reply);
  }

  @Get('accounts/:accountId/request-log/exports/:exportId')
  @RequireScopes('latchkey.request_log.read')
  @ApiOkResponse({ type: ExportManifestResponse })
  manifest(
    @Param('accountId') _id: string,
    @TargetAccount() account: AccountEntity,
    @Param('exportId') id: string,
  ): Promise<ExportManifestResponse> {
    return this.exports.manifest(account.id, id);
  }

  private async send(
    order: ExportOrder,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const { format } = order.query;
    const headers = fileHeaders(exportFormats[format].mediaType);
    if (request.method === 'HEAD') return void reply.headers(headers).send();
    const { id, body } = await this.exports.start(order);
    void reply.headers({
      ...headers,
      'Content-Disposition': `attachment; filename="request-log-${id}.${format}"`,
      'Latchkey-Export': id,
    });
    streamFile(request, reply, body);
  }
}
