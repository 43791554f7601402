import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Admission } from '../admission.js';
import type { CallAnswer } from '../call-row.js';
import { retiringHeaders } from '../retiring-headers.js';
import type { GuardedRequest } from './guarded-request.js';

/**
 * Reads each management request as it comes in, and hands its call to the log once it is answered, or as its answer begins
 * where that goes on. The answer never waits for the log: a key can be revoked while the log is down, and the audit event is
 * the record of it.
 */
export function recordCalls(fastify: FastifyInstance, admission: Admission): void {
  fastify.decorateRequest('arrival');
  fastify.decorateRequest('outcome');
  fastify.decorateRequest('stillAdmitted');
  fastify.decorateRequest('account');
  fastify.decorateRequest('idempotency');
  fastify.addHook('onRequest', (request, reply, done) => {
    const guarded = request as GuardedRequest;
    guarded.arrival = admission.receiveAtManagement(request.raw);
    // A credential is no parameter, so that no query is refused for carrying one.
    delete (request.query as Record<string, unknown>)['hapikey'];
    void reply.header('X-Correlation-Id', guarded.arrival.id);
    done();
  });
  const recorded = new WeakSet<FastifyRequest>();
  const record = (request: FastifyRequest, answer: CallAnswer): void => {
    const { arrival, outcome, routeOptions } = request as GuardedRequest;
    if (arrival === undefined || outcome === undefined || recorded.has(request)) return;
    recorded.add(request);
    const place = { door: 'management', serviceId: null, route: routeOptions.url ?? null } as const;
    admission.recordLater(arrival, outcome, place, answer);
  };
  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { arrival, outcome } = request as GuardedRequest;
    void reply.headers({ ...(outcome && retiringHeaders(outcome.credential, arrival.at)) });
    if (payload instanceof Readable) record(request, { status: reply.statusCode });
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const responseBytes = Number(reply.getHeader('content-length') ?? 0);
    record(request, { status: reply.statusCode, responseBytes });
    done();
  });
}
