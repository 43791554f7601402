import {
  applyDecorators,
  Controller,
  Get,
  Param,
  Query,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
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
import { AccessRegisterService } from './access-register.service.js';
import { IncidentReportService } from './incident-report.service.js';
import type { HandedRegister } from './register-delivery.js';
import { registerPages } from './register-page.js';
import {
  AccessRegisterQuery,
  AccessRegisterResponse,
  IncidentOfAllQuery,
  IncidentQuery,
  IncidentResponse,
  type RegisterFormat,
} from './registers.dto.js';

const mediaTypes: Readonly<Record<RegisterFormat, string>> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  html: 'text/html; charset=utf-8',
};

const HandsOut = (type: Type, description: string): MethodDecorator =>
  applyDecorators(
    KeepsQuery(),
    ApiExtraModels(type),
    ApiOkResponse({
      description,
      headers: {
        'Latchkey-Register': {
          description: 'Its id, by which the audit trail knows it',
          schema: { type: 'string' },
        },
      },
      content: {
        'application/json': { schema: { $ref: getSchemaPath(type) } },
        'text/csv': { schema: { type: 'string' } },
        'text/html': { schema: { type: 'string' } },
      },
    }),
  );

@ApiTags('registers')
@Controller('v1')
export class RegistersController {
  constructor(
    private readonly access: AccessRegisterService,
    private readonly incidents: IncidentReportService,
  ) {}

  @Get('accounts/:accountId/registers/access')
  @RequireScopes('latchkey.request_log.read', 'latchkey.keys.read')
  @HandsOut(
    AccessRegisterResponse,
    'The register of access: every key, whom it serves and what for, what it may, and what it really did in the period',
  )
  async accessRegister(
    @Param('accountId') _id: string,
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Query() query: AccessRegisterQuery,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('access', query.format, request, reply, () =>
      this.access.start({ caller, stillAdmitted }, account, query),
    );
  }

  @Get('accounts/:accountId/registers/incident')
  @RequireScopes('latchkey.request_log.read')
  @HandsOut(
    IncidentResponse,
    'What is known of the calls of a key, an address or a period, of which at least one is given',
  )
  async incidentReport(
    @Param('accountId') _id: string,
    @CurrentCaller() caller: Caller,
    @TargetAccount() account: AccountEntity,
    @Query() query: IncidentQuery,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('incident', query.format, request, reply, () =>
      this.incidents.start({ caller, stillAdmitted }, account, query),
    );
  }

  @Get('registers/incident')
  @OperatorOnly()
  @RequireScopes('latchkey.request_log.read')
  @HandsOut(
    IncidentResponse,
    'The same of all accounts, and of calls for which no key was found as far as they have rows, of an address or a period',
  )
  async incidentOfAll(
    @CurrentCaller() caller: Caller,
    @Query() query: IncidentOfAllQuery,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send('incident', query.format, request, reply, () =>
      this.incidents.start({ caller, stillAdmitted }, null, query),
    );
  }

  private async send(
    kind: 'access' | 'incident',
    format: RegisterFormat,
    request: FastifyRequest,
    reply: FastifyReply,
    start: () => Promise<HandedRegister>,
  ): Promise<void> {
    const headers = {
      ...(format === 'html' && registerPages.headers),
      ...fileHeaders(mediaTypes[format]),
    };
    // Looking whether it is there takes nothing away, and is on no record.
    if (request.method === 'HEAD') return void reply.headers(headers).send();
    const { id, body } = await start();
    const name = `${kind}-${id}.${format}`;
    void reply.headers({
      ...headers,
      'Content-Disposition': `${format === 'html' ? 'inline' : 'attachment'}; filename="${name}"`,
      'Latchkey-Register': id,
    });
    streamFile(request, reply, body);
  }
}
