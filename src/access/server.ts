import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable, Logger } from '@nestjs/common';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { readRequestTarget } from '../core/request-path.js';
import { newCallId } from '../core/ids.js';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { otherAnswer } from '../platform/errors/envelope.js';
import { serveErrorPages } from '../platform/errors/error-page.js';
import { serveRotationGuide } from '../platform/guides/rotation-guide.js';
import { useJsonBodies } from '../platform/http/body-parsers.js';
import { answerClientError, createHttpServer } from '../platform/http/http-server.js';
import { noSchemas } from '../platform/http/no-schemas.js';
import { writeErrorAnswer } from '../platform/http/write-answer.js';
import { Health } from '../platform/health/health.js';
import { Admission } from './admission.js';
import { proxyAsking } from './doors/forward-auth/asking-proxies.js';
import { ForwardAuthDoor } from './doors/forward-auth/forward-auth.door.js';
import { GatewayDoor } from './doors/gateway/gateway.door.js';
import {
  SelfRotationDoor,
  selfReissuePath,
  selfRotationsPath,
} from './doors/self/self-rotation.door.js';
import { SelfDoor, selfPath } from './doors/self/self.door.js';
import { verifyPath } from './doors/verify/check.js';
import { VerifyDoor } from './doors/verify/verify.door.js';
import type { Arrival } from './arrival.js';
import type { BodyReading } from './body-reading.js';

/** What is under this first segment is Latchkey's own; everything else is the gateway's. */
const ownSegment = 'latchkey';
/** Bytes of a body of our own calls. */
const bodyBytesMax = 16 * 1024;
/** A hundred checks, each with as much as a call usually brings along. */
const checksBytesMax = 256 * 1024;

type TakeBody = (
  arrival: Arrival,
  response: ServerResponse,
  reading: BodyReading,
  params: Record<string, string>,
) => Promise<void>;

/** What was read of a request before its body. */
const arrivals = new WeakMap<FastifyRequest, Arrival>();

/**
 * The access listener: a Fastify instance for Latchkey's own calls, and the gateway and forward-auth before it, so that no
 * framework reads a path that is to be judged.
 */
@Injectable()
export class AccessServer {
  readonly #logger = new Logger('AccessServer');
  readonly #fastify: FastifyInstance;

  constructor(
    private readonly gateway: GatewayDoor,
    private readonly self: SelfDoor,
    private readonly selfRotation: SelfRotationDoor,
    private readonly verify: VerifyDoor,
    private readonly forwardAuth: ForwardAuthDoor,
    private readonly admission: Admission,
    private readonly health: Health,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {
    this.#fastify = Fastify({
      serverFactory: (ownCalls) => this.#serve(ownCalls),
      clientErrorHandler: (error, socket) =>
        answerClientError(error, socket, this.admission.countRefused),
      frameworkErrors: (_error, request, reply) => void this.#unknown(request, reply),
      schemaController: noSchemas,
    });
    this.#routes();
  }

  /** @returns the URL it answers on */
  async listen(): Promise<string> {
    const { host, port } = this.settings.access;
    await this.#fastify.listen({ host, port });
    const address = this.#fastify.server.address() as AddressInfo;
    return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`;
  }

  get httpServer(): Server {
    return this.#fastify.server;
  }

  /** Takes no new connections and lets those under way finish. */
  async close(): Promise<void> {
    await this.#fastify.close();
  }

  #serve(ownCalls: (request: IncomingMessage, response: ServerResponse) => void): Server {
    return createHttpServer((request, response) => {
      const url = request.url ?? '';
      const proxy = proxyAsking(url);
      if (proxy === null && isOwn(url)) return ownCalls(request, response);
      const handled =
        proxy === null
          ? this.gateway.handle(request, response)
          : this.forwardAuth.handle(proxy, request, response);
      handled.catch((error: unknown) => this.#answerBug(error, response));
    }, this.admission.countRefused);
  }

  #routes(): void {
    this.health.serve(this.#fastify);
    serveErrorPages(this.#fastify);
    serveRotationGuide(this.#fastify);
    this.#fastify.get(selfPath, (request, reply) => {
      reply.hijack();
      this.self
        .handle(this.admission.receive(request.raw), reply.raw)
        .catch((error: unknown) => this.#answerBug(error, reply.raw));
    });
    useJsonBodies(this.#fastify);
    this.#post(selfRotationsPath, (arrival, response, reading) =>
      this.selfRotation.open(arrival, response, reading),
    );
    this.#post(selfReissuePath, (arrival, response, reading, { rotationId = '' }) =>
      this.selfRotation.reissue(arrival, response, reading, rotationId),
    );
    this.#post(
      verifyPath,
      (arrival, response, reading) => this.verify.handle(arrival, response, reading),
      checksBytesMax,
    );
    this.#fastify.setNotFoundHandler((request, reply) => void this.#unknown(request, reply));
    // Own calls of other methods and bodies come to the same end: no such route.
    this.#fastify.setErrorHandler((_error, request, reply) => void this.#unknown(request, reply));
  }

  /** A call with a body: what is wrong with that is told only once it is known who asks. */
  #post(path: string, take: TakeBody, bodyLimit = bodyBytesMax): void {
    const handle = (request: FastifyRequest, reply: FastifyReply, reading: BodyReading): void => {
      reply.hijack();
      const arrival = arrivals.get(request) as Arrival;
      take(arrival, reply.raw, reading, request.params as Record<string, string>).catch(
        (error: unknown) => this.#answerBug(error, reply.raw),
      );
    };
    this.#fastify.post(path, {
      bodyLimit,
      onRequest: (request, _reply, done) => {
        arrivals.set(request, this.admission.receive(request.raw));
        done();
      },
      handler: (request, reply) => handle(request, reply, { body: request.body }),
      errorHandler: (failure, request, reply) => handle(request, reply, { failure }),
    });
  }

  /** A call under our own segment that leads nowhere is a call all the same. */
  async #unknown(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    reply.hijack();
    try {
      const arrival = this.admission.receive(request.raw);
      const allow = this.#methodsOf(request.url.split('?', 1)[0] as string);
      const match =
        allow.length === 0
          ? ({ kind: 'unknown' } as const)
          : ({ kind: 'method_not_allowed', allow } as const);
      const outcome = await this.admission.judge(arrival, { service: null, match });
      const { decision } = outcome;
      if (decision.allowed) throw new Error('A call was let through to nowhere.');
      await this.admission.deny(
        reply.raw,
        arrival,
        { ...outcome, decision },
        { door: 'self', serviceId: null, route: null },
      );
    } catch (error) {
      this.#answerBug(error, reply.raw);
    }
  }

  #methodsOf(path: string): readonly string[] {
    return ['GET', 'HEAD', 'POST'].filter(
      (method) => this.#fastify.findRoute({ method, url: path }) !== null,
    );
  }

  #answerBug(error: unknown, response: ServerResponse): void {
    const correlationId = newCallId(Date.now() * 4096);
    // The stack names our code, never the request.
    this.#logger.error({
      correlationId,
      stack: error instanceof Error ? error.stack : 'not an Error',
    });
    if (response.headersSent) return void response.destroy();
    const message = 'Something went wrong here. It is on the server log under this correlation id.';
    writeErrorAnswer(response, otherAnswer('INTERNAL', message, correlationId), undefined);
  }
}

function isOwn(url: string): boolean {
  const { path } = readRequestTarget(url);
  return path.valid && path.segments[0] === ownSegment;
}
