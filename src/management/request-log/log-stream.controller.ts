import { applyDecorators, Controller, Get, Headers, Param, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CurrentCaller,
  StillAdmitted,
  TargetAccount,
  type Caller,
} from '../../access/guard/caller.js';
import { RequireScopes } from '../../access/guard/require-scopes.js';
import { OperatorOnly } from '../../access/guard/tenancy.guard.js';
import type { AccountEntity } from '../../store/entities/account.entity.js';
import { StreamQuery } from './log-stream.dto.js';
import { LogStreamService, type StreamOrder } from './log-stream.service.js';

/** Milliseconds for which a reader may take nothing before it counts as gone: two heartbeats. */
const stallMsMax = 30_000;

const Streams = (whose: string): MethodDecorator =>
  applyDecorators(
    RequireScopes('latchkey.request_log.read'),
    ApiHeader({
      name: 'Last-Event-ID',
      required: false,
      description: 'Go on after this event, as if the stream had never broken off',
    }),
    ApiOkResponse({
      description: `${whose}, as they are committed: an event \`call\` for each, whose data is a call. The outcome of a call that is on the log before its effect may still be unknown`,
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    }),
  );

@ApiTags('request log')
@Controller('v1')
export class LogStreamController {
  constructor(private readonly streams: LogStreamService) {}

  @Get('request-log/stream')
  @OperatorOnly()
  @Streams('The calls of all accounts')
  streamAll(
    @CurrentCaller() { accountId: callerAccountId }: Caller,
    @Query() query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const order = { callerAccountId, scope: {}, query, lastEventId, stillAdmitted };
    return this.send(order, request, reply);
  }

  @Get('accounts/:accountId/request-log/stream')
  @Streams("The account's calls")
  stream(
    @Param('accountId') _id: string,
    @CurrentCaller() { accountId: callerAccountId }: Caller,
    @TargetAccount() account: AccountEntity,
    @Query() query: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @StillAdmitted() stillAdmitted: () => Promise<boolean>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const scope = { accountId: account.id };
    return this.send({ callerAccountId, scope, query, lastEventId, stillAdmitted }, request, reply);
  }

  private async send(
    order: StreamOrder,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const headers = { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' };
    if (request.method === 'HEAD') return void reply.headers(headers).send();
    const body = await this.streams.start(order);
    reply.raw.setTimeout(stallMsMax, () => reply.raw.destroy());
    // nginx would collect the events otherwise.
    void reply.headers({ ...headers, 'X-Accel-Buffering': 'no' }).send(body);
  }
}
