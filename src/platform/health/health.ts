import { Injectable } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';

export type Check = () => boolean;

export interface HealthReport {
  readonly status: 'ready' | 'not_ready';
  readonly checks: Readonly<Record<string, 'ok' | 'failing'>>;
}

/** Whether this process can do its work; parts that it depends on put in a check each. */
@Injectable()
export class Health {
  readonly #checks = new Map<string, Check>();

  /** @param check cheap and without waiting: it is asked for each probe */
  watch(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  report(): HealthReport {
    const results = [...this.#checks].map(
      ([name, check]) => [name, check() ? 'ok' : 'failing'] as const,
    );
    return {
      status: results.every(([, result]) => result === 'ok') ? 'ready' : 'not_ready',
      checks: Object.fromEntries(results),
    };
  }

  /** `/latchkey/health/live` and `/latchkey/health/ready`, on either listener. */
  serve(fastify: FastifyInstance): void {
    fastify.get('/latchkey/health/live', (_request, reply) =>
      reply.header('Cache-Control', 'no-store').send({ status: 'live' }),
    );
    fastify.get('/latchkey/health/ready', (_request, reply) => {
      const report = this.report();
      return reply
        .code(report.status === 'ready' ? 200 : 503)
        .header('Cache-Control', 'no-store')
        .send(report);
    });
  }
}
