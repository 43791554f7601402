// The baselines of a decision: Fastify with nothing to decide, answering as many bytes as Latchkey does.
import Fastify from 'fastify';

const [port, selfBytes, verifyBytes] = process.argv.slice(2).map(Number);
const answerOf = (bytes) => ({ text: 'x'.repeat(bytes - '{"text":""}'.length) });
const [self, verify] = [selfBytes, verifyBytes].map(answerOf);
const fastify = Fastify();
fastify.get('/latchkey/v1/self', () => self);
fastify.post('/latchkey/v1/verify', () => verify);
await fastify.listen({ port, host: '127.0.0.1' });
