// The baseline of the gateway: @fastify/reply-from with nothing to decide and nothing to log.
import Fastify from 'fastify';
import replyFrom from '@fastify/reply-from';

const [port, upstream] = process.argv.slice(2);
const fastify = Fastify();
await fastify.register(replyFrom, { base: upstream });
fastify.all('/bench/*', (request, reply) => reply.from(request.url.slice('/bench'.length)));
await fastify.listen({ port: Number(port), host: '127.0.0.1' });
