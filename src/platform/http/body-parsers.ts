import type { FastifyBodyParser, FastifyInstance, FastifyRequest } from 'fastify';

/** Bytes of a JSON body. */
const bodyBytesMax = 1024 * 1024;
/** Bytes of an OpenAPI document in JSON; in YAML, which takes a hundred times as long to read, it has the limit of a body. */
const documentBytesMax = 10 * 1024 * 1024;
/** No request of this API nests deeper; what does is there to exhaust a stack. */
const nestingMax = 20;

const documentTypes = [
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/x-yaml',
  'application/vnd.oai.openapi',
];
const jsonTypes = ['application/json', 'application/vnd.oai.openapi+json'];

/** Routes of the management API that take a document as its text. */
function takesDocument({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url?.endsWith('/openapi') === true;
}

/** JSON for every route, text for those that take a document; whatever else is sent is 415. */
export function useBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parseJson = jsonParserOf(fastify);
  const json: FastifyBodyParser<string> = (request, text, done) => {
    if (takesDocument(request)) return done(null, text);
    if (Buffer.byteLength(text) > bodyBytesMax) return done(withStatus(413));
    return parseJson(request, text, done);
  };
  const yaml: FastifyBodyParser<string> = (request, text, done) =>
    takesDocument(request) ? done(null, text) : done(withStatus(415));
  fastify.addContentTypeParser(jsonTypes, { parseAs: 'string', bodyLimit: documentBytesMax }, json);
  fastify.addContentTypeParser(documentTypes, { parseAs: 'string', bodyLimit: bodyBytesMax }, yaml);
}

/** JSON alone, for a listener that takes no documents; each of its routes says how large. */
export function useJsonBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  const parseJson = jsonParserOf(fastify);
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, parseJson);
}

function jsonParserOf(fastify: FastifyInstance): FastifyBodyParser<string> {
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  return (request, text, done) => {
    // An action takes no body, and some clients send its type all the same.
    if (text === '') return done(null, undefined);
    void parseJson(request, text, (error, value) => {
      if (error !== null) done(withStatus(400));
      else done(nestsDeeper(value, nestingMax) ? withStatus(400) : null, value);
    });
  };
}

function withStatus(statusCode: number): Error {
  return Object.assign(new Error('The body cannot be taken.'), { statusCode });
}

function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => nestsDeeper(member, levels - 1));
}
