// better-auth's api-key plugin behind HTTP, as well as it can be set up on SQLite: no limits to count, what it writes for each
// verification deferred, journal in WAL, the logger and telemetry off. Its key is printed once it listens.
import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import Database from 'better-sqlite3';
import Fastify from 'fastify';

const [port, file] = process.argv.slice(2);
const database = new Database(file);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');

const options = {
  database,
  secret: 'only-for-the-benchmark-and-nothing-else',
  baseURL: `http://127.0.0.1:${port}`,
  logger: { disabled: true },
  telemetry: { enabled: false },
  emailAndPassword: { enabled: true },
  advanced: { backgroundTasks: { handler: (task) => void task.catch(() => {}) } },
  plugins: [
    apiKey({
      rateLimit: { enabled: false },
      enableMetadata: false,
      deferUpdates: true,
      disableKeyHashing: false,
    }),
  ],
};
const { runMigrations } = await getMigrations(options);
await runMigrations();
const auth = betterAuth(options);
const { user } = await auth.api.signUpEmail({
  body: { name: 'Bench', email: 'bench@example.com', password: 'correct horse battery staple' },
});
const { key } = await auth.api.createApiKey({ body: { name: 'bench', userId: user.id } });

const fastify = Fastify();
fastify.get('/verify', async (request, reply) => {
  const { valid } = await auth.api.verifyApiKey({ body: { key: request.headers['x-api-key'] } });
  return valid ? { valid } : reply.code(401).send({ valid });
});
await fastify.listen({ port: Number(port), host: '127.0.0.1' });
process.stdout.write(`${key}\n`);
