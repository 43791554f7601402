import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { fileOfPackage } from '../file-of-package.js';

const page = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Latchkey management API</title>
  <link rel="stylesheet" href="/docs/swagger-ui.css">
  <link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
  <div id="api"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`;

/** Dark where the browser is, or where somebody chose so in the console. */
const start = `const chosen = localStorage.getItem('mantine-color-scheme-value');
const isDark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
document.documentElement.classList.toggle('dark-mode', isDark);
SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, validatorUrl: null });
`;

const files = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

/** Swagger UI sets styles on elements and draws icons from data URLs; scripts come from here alone. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * `/openapi.json`, and `/docs` to browse it, on the management listener. The description is the one that is kept beside the code: to
 * make it of the code takes a good part of a start.
 */
export function serveDocs(fastify: FastifyInstance): void {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const serve = (path: string, type: string, body: string | Buffer) =>
    fastify.get(path, (_request, reply) =>
      reply.header('Content-Security-Policy', policy).type(type).send(body),
    );
  const description = readFileSync(fileOfPackage('openapi.json'));
  serve('/openapi.json', 'application/json; charset=utf-8', description);
  serve('/docs', 'text/html; charset=utf-8', page);
  serve('/docs/start.js', 'text/javascript; charset=utf-8', start);
  for (const [name, type] of Object.entries(files))
    serve(`/docs/${name}`, type, readFileSync(join(folder, name)));
}
