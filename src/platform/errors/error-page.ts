import type { FastifyInstance, FastifyReply } from 'fastify';
import { denialKinds, type DenialReason } from '../../core/decision.js';
import { newCallId } from '../../core/ids.js';
import { escapeHtml, page, pageHeaders } from '../http/plain-page.js';
import { otherAnswer, otherReasons, type OtherReason } from './envelope.js';
import { errorGuides, isGuided } from './error-guide.js';

type Reason = DenialReason | OtherReason;

/** `/latchkey/errors/<reason>`: what a reason means and what to do, for both sides; and the list of them all. */
export function serveErrorPages(fastify: FastifyInstance): void {
  fastify.get('/latchkey/errors', (_request, reply) =>
    reply.headers(pageHeaders).send(indexPage()),
  );
  fastify.get<{ Params: { reason: string } }>('/latchkey/errors/:reason', (request, reply) => {
    const { reason } = request.params;
    return isGuided(reason)
      ? reply.headers(pageHeaders).send(reasonPage(reason))
      : answerUnknown(reply);
  });
}

/** A page is no call: whoever mistypes its address is not told to bring a credential. */
function answerUnknown(reply: FastifyReply): FastifyReply {
  const message = 'There is no such reason. Every one there is stands at /latchkey/errors.';
  const answer = otherAnswer('OBJECT_NOT_FOUND', message, newCallId(Date.now() * 4096));
  return reply.code(answer.status).headers(answer.headers).send(answer.body);
}

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

function statusOf(reason: Reason): number {
  return reason in denialKinds
    ? denialKinds[reason as DenialReason].status
    : otherReasons[reason as OtherReason].status;
}
