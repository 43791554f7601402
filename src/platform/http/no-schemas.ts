import type { FastifyServerOptions } from 'fastify';

/** Requests are validated by their DTOs: what Fastify compiles schemas with is not loaded, which would take a twentieth of a start. */
export const noSchemas: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: refuse, buildSerializer: refuse },
};

function refuse(): never {
  throw new Error('Routes have no schemas of Fastify.');
}
