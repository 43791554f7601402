import type { FastifyInstance } from 'fastify';
import type { Admission } from '../admission.js';
import type { GuardedRequest } from './guarded-request.js';

/**
 * Reads each management request as it comes in, and hands its call to the log once it is answered. The answer never waits for
 * the log: a key can be revoked while the log is down, and the audit event is the record of it.
 */
export function recordCalls(fastify: FastifyInstance, admission: Admission): void {
  fastify.decorateRequest('arrival');
  fastify.decorateRequest('outcome');
  fastify.decorateRequest('account');
  fastify.decorateRequest('idempotency');
  fastify.addHook('onRequest', (request, reply, done) => {
    const guarded = request as GuardedRequest;
    guarded.arrival = admission.receive(request.raw);
    // A credential is no parameter, so that no query is refused for carrying one.
    delete (request.query as Record<string, unknown>)['hapikey'];
    void reply.header('X-Correlation-Id', guarded.arrival.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const { arrival, outcome, routeOptions } = request as GuardedRequest;
    if (arrival !== undefined && outcome !== undefined) {
      const place = {
        door: 'management',
        serviceId: null,
        route: routeOptions.url ?? null,
      } as const;
      const responseBytes = Number(reply.getHeader('content-length') ?? 0);
      admission.recordLater(arrival, outcome, place, { status: reply.statusCode, responseBytes });
    }
    done();
  });
}
