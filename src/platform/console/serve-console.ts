import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fileOfPackage } from '../file-of-package.js';
import { acceptsGzip } from '../http/accepts-gzip.js';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** What the name of a zipped file ends in. */
const zipped = '.gz';

/** Addresses of pages. What is below them is told apart in the browser. */
const pages = ['/', '/sign-in', '/forgot', '/set-up', '/join', '/recover'];
const sections = ['/accounts', '/installation', '/me'];

const noncePlace = '<meta name="csp-nonce" content="" />';

/**
 * The web console on the management listener: one page for all of its addresses, and its hashed files. It is no call: what it
 * does, it does through the API.
 *
 * @returns whether it was built and so is there
 */
export function serveConsole(
  fastify: FastifyInstance,
  folder = fileOfPackage('console', 'dist'),
): boolean {
  if (!existsSync(join(folder, 'index.html'))) return false;
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  if (!page.includes(noncePlace))
    throw new Error('The page of the console has no place for its nonce.');
  const sendPage = (_request: FastifyRequest, reply: FastifyReply) => {
    const nonce = randomBytes(16).toString('base64');
    return reply
      .headers({
        'Content-Security-Policy': policyWith(nonce),
        'Cache-Control': 'no-store',
        'Cross-Origin-Opener-Policy': 'same-origin',
      })
      .type('text/html; charset=utf-8')
      .send(page.replace(noncePlace, noncePlace.replace('content=""', `content="${nonce}"`)));
  };
  for (const path of [...pages, ...sections, ...sections.map((section) => `${section}/*`)])
    fastify.get(path, sendPage);
  fastify.addHook('onRequest', (request, reply, done) => {
    if (isGuess(request)) void sendPage(request, reply.code(200));
    else done();
  });
  const assets = readdirSync(join(folder, 'assets'));
  for (const name of assets.filter((name) => !name.endsWith(zipped)))
    serveFile(fastify, `/assets/${name}`, join(folder, 'assets', name));
  return true;
}

/**
 * Whether a person typed an address that is none: they are told so by the page, as of everything that is not there below its
 * addresses, where a program gets an error. Whoever brings a credential makes a call, which is judged and has its row.
 */
function isGuess({ is404, method, headers, originalUrl }: FastifyRequest): boolean {
  return (
    is404 &&
    method === 'GET' &&
    headers.accept?.startsWith('text/html') === true &&
    headers.authorization === undefined &&
    headers['x-access-token'] === undefined &&
    !originalUrl.includes('?')
  );
}

/** Styles that scripts make need the nonce; scripts, images and calls come from here alone. */
function policyWith(nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/**
 * Its name holds the hash of what is in it, so nobody has to ask for it twice. The build has put it there zipped as well. It is kept
 * in memory: a build beside the running server puts others in its place.
 */
function serveFile(fastify: FastifyInstance, path: string, file: string): void {
  const [plain, small] = [readFileSync(file), readFileSync(`${file}${zipped}`)];
  fastify.get(path, (request, reply) => {
    void reply.headers({
      'Cache-Control': 'public, max-age=31536000, immutable',
      Vary: 'Accept-Encoding',
    });
    void reply.type(types[extname(file)] ?? 'application/octet-stream');
    if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(plain);
    return reply.header('Content-Encoding', 'gzip').send(small);
  });
}
