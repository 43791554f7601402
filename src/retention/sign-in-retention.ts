import { Injectable } from '@nestjs/common';
import { OneTimeLinksStore } from '../store/one-time-links.store.js';
import { SessionsStore } from '../store/sessions.store.js';
import { inPieces, type Pruner, type Removed } from './pruner.js';

/**
 * For so long somebody who comes back with a session or a link that is over is known to have had one. Who signed in, and from where, is on
 * the audit trail for as long as that is kept.
 */
const keptMs = 30 * 24 * 60 * 60 * 1000;
const rowsPerPiece = 500;

/** Takes away sessions whose time was over a month ago, however they ended. */
@Injectable()
export class SessionRetention implements Pruner {
  readonly name = 'sessions';

  constructor(private readonly sessions: SessionsStore) {}

  isDue(now: number): Promise<boolean> {
    return this.sessions.haveOver(now - keptMs);
  }

  prune(now: number): AsyncGenerator<Removed> {
    return inPieces({ accountId: null, what: 'sessions' }, rowsPerPiece, (limit) =>
      this.sessions.removeOver(now - keptMs, limit),
    );
  }
}

/** Takes away links whose time was over a month ago, used or not, and what became of their mails. */
@Injectable()
export class LinkRetention implements Pruner {
  readonly name = 'links';

  constructor(private readonly links: OneTimeLinksStore) {}

  isDue(now: number): Promise<boolean> {
    return this.links.haveOver(now - keptMs);
  }

  prune(now: number): AsyncGenerator<Removed> {
    return inPieces({ accountId: null, what: 'one-time links' }, rowsPerPiece, (limit) =>
      this.links.removeOver(now - keptMs, limit),
    );
  }
}
