// The baseline of a decision: Fastify with nothing to decide, answering as many bytes as `GET /latchkey/v1/self` does.
import Fastify from 'fastify';

const [port, answerBytes] = process.argv.slice(2).map(Number);
const answer = { text: 'x'.repeat(answerBytes - '{"text":""}'.length) };
const fastify = Fastify();
fastify.get('/latchkey/v1/self', () => answer);
await fastify.listen({ port, host: '127.0.0.1' });
