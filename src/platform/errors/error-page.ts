import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { denialKinds, type DenialReason } from '../../core/decision.js';
import { newCallId } from '../../core/ids.js';
import { otherAnswer, otherReasons, type OtherReason } from './envelope.js';
import { errorGuides, isGuided } from './error-guide.js';

type Reason = DenialReason | OtherReason;

const style = `
:root { color-scheme: light dark; }
body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 1.75rem 0 .25rem; }
p { margin: .25rem 0; }
.status { opacity: .75; }
ul { padding-left: 1.25rem; }
`;

const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`;

/** `/latchkey/errors/<reason>`: what a reason means and what to do, for both sides; and the list of them all. */
export function serveErrorPages(fastify: FastifyInstance): void {
  fastify.get('/latchkey/errors', (_request, reply) => reply.headers(headers).send(indexPage()));
  fastify.get<{ Params: { reason: string } }>('/latchkey/errors/:reason', (request, reply) => {
    const { reason } = request.params;
    return isGuided(reason)
      ? reply.headers(headers).send(reasonPage(reason))
      : answerUnknown(reply);
  });
}

/** A page is no call: whoever mistypes its address is not told to bring a credential. */
function answerUnknown(reply: FastifyReply): FastifyReply {
  const message = 'There is no such reason. Every one there is stands at /latchkey/errors.';
  const answer = otherAnswer('OBJECT_NOT_FOUND', message, newCallId(Date.now() * 4096));
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

const headers = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'public, max-age=3600',
};

function reasonPage(reason: Reason): string {
  const { meaning, integrator, admin } = errorGuides[reason];
  return page(
    reason,
    `<h1>${reason}</h1>
<p class="status">HTTP ${statusOf(reason)}</p>
<p>${escapeHtml(meaning)}</p>
<h2>If your program got this answer</h2>
<p>${escapeHtml(integrator)}</p>
<h2>If you look after the key, the account or the installation</h2>
<p>${escapeHtml(admin)}</p>
<h2><a href="/latchkey/errors">All reasons</a></h2>`,
  );
}

function indexPage(): string {
  const entries = (Object.keys(errorGuides) as Reason[]).map(
    (reason) =>
      `<li><a href="/latchkey/errors/${reason}">${reason}</a> <span class="status">${statusOf(reason)}</span></li>`,
  );
  return page(
    'Reasons',
    `<h1>What an error's reason means</h1>\n<ul>\n${entries.join('\n')}\n</ul>`,
  );
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Latchkey</title>
<style>${style}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function statusOf(reason: Reason): number {
  return reason in denialKinds
    ? denialKinds[reason as DenialReason].status
    : otherReasons[reason as OtherReason].status;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
