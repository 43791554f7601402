import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import { readSettings } from './platform/config/settings.js';
import { openapiDocument } from './platform/openapi/openapi-document.js';
import type { StoreParts } from './store/store.module.js';

/** Writes `openapi.json` from the code, or with `--check` says whether it still fits. Neither opens a database or a port. */
const path = new URL('../../openapi.json', import.meta.url);

// In preview nothing is instantiated, so nothing of these parts is touched.
const parts = { databaseUrl: { kind: 'sqlite', path: ':memory:' } } as unknown as StoreParts;
const app = await NestFactory.create(
  AppModule.forRoot(readSettings({}), parts),
  new FastifyAdapter(),
  {
    preview: true,
    logger: false,
  },
);
const text = `${JSON.stringify(openapiDocument(app), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(
    'openapi.json does not fit the code any more: run `npm run openapi` and commit it.\n',
  );
  process.exitCode = 1;
}
