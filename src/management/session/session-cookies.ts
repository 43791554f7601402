import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Clock } from '../../core/ports.js';
import { sessionCookie, setCookieLine, type SessionCookie } from '../../core/session-cookie.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import type { BegunSession } from '../../store/sessions.store.js';
import { CLOCK } from '../../store/tokens.js';

/** Hands a session to a browser, and takes it away: by a cookie, and never in a body. */
@Injectable()
export class SessionCookies {
  readonly #cookie: SessionCookie;

  constructor(
    @Inject(SETTINGS) { consoleUrl }: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.#cookie = sessionCookie(consoleUrl?.startsWith('https:') ?? false);
  }

  set(reply: FastifyReply, { token, expiresAt }: BegunSession): void {
    const maxAgeSeconds = Math.ceil((expiresAt - this.clock.now()) / 1000);
    this.#write(reply, token, maxAgeSeconds);
  }

  clear(reply: FastifyReply): void {
    this.#write(reply, '', 0);
  }

  #write(reply: FastifyReply, token: string, maxAgeSeconds: number): void {
    const line = setCookieLine(this.#cookie, token, maxAgeSeconds);
    void reply.header('Cache-Control', 'no-store').header('Set-Cookie', line);
  }
}
