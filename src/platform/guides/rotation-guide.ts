import type { FastifyInstance } from 'fastify';
import { page, pageHeaders } from '../http/plain-page.js';

/** Where callers are sent who still use a retiring secret, unless their account has a page of its own. */
export const rotationGuidePath = '/latchkey/guides/rotation';

/** What to do about a secret that is being replaced: for whoever looks after the program that uses it. */
export function serveRotationGuide(fastify: FastifyInstance): void {
  fastify.get(rotationGuidePath, (_request, reply) => reply.headers(pageHeaders).send(guide));
}

const guide = page(
  'Your secret is being replaced',
  `<h1>Your secret is being replaced</h1>
<p>An answer to your program carried the header <code>Latchkey-Secret-Retires</code>. The secret it calls with still works, and stops
working at the time in that header. Its key has a new secret, which works already; both do until then.</p>
<h2>What to do</h2>
<ol>
<li>Ask whoever looks after the key for the new secret. It was shown once, to them; nobody can look it up.</li>
<li>Put it where your program keeps the old one, on every machine that has a copy.</li>
<li>Restart or reload the program. Scopes, addresses and limits stay as they are: only the secret is another.</li>
<li>Check that it is the new one: <code>GET /latchkey/v1/self</code> with your program's own credential says
<code>"secret": {"state": "current"}</code>, and the header is gone.</li>
</ol>
<h2>If calls fail for a few minutes and then work again</h2>
<p>The reason <code>SECRET_BROWNOUT</code> is a rehearsal: the old secret is refused for a short while, so that a forgotten system is
noticed before the end. <code>Retry-After</code> says when it works again. Move to the new secret; nothing else helps for long.</p>
<h2>If the reason is <code>SECRET_EXPIRED</code></h2>
<p>The old secret has ended, and the body says when. It does not come back. The key is alive: the new secret works.</p>
<h2>If your program can do it by itself</h2>
<p>A key with the scope <code>latchkey.self.rotate</code> gives itself a new secret: <code>POST /latchkey/v1/self/rotations</code> with
<code>{"graceSeconds": 86400}</code>. The answer carries the new secret, once.</p>`,
);
