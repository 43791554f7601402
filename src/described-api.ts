import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readSettings } from './platform/config/settings.js';
import { openapiDocument } from './platform/openapi/openapi-document.js';
import type { StoreParts } from './store/store.module.js';

/** What `openapi.json` holds, made of the code. No database and no port is opened for it. */
export async function describedApi(): Promise<string> {
  // In preview nothing is instantiated, so nothing of these parts is touched.
  const parts = { databaseUrl: { kind: 'sqlite', path: ':memory:' } } as unknown as StoreParts;
  const app = await NestFactory.create(
    AppModule.forRoot(readSettings({}), parts),
    new FastifyAdapter(),
    { preview: true, logger: false },
  );
  return `${JSON.stringify(openapiDocument(app), null, 2)}\n`;
}
