import { Injectable } from '@nestjs/common';
import { LimitUsesStore } from '../store/rate-limits/limit-uses.store.js';
import { inPieces, type Pruner, type Removed } from './pruner.js';

const usesPerPiece = 500;

/** Takes away what was counted against limits of days and windows that are over. */
@Injectable()
export class LimitUseRetention implements Pruner {
  readonly name = 'limit_uses';

  constructor(private readonly uses: LimitUsesStore) {}

  isDue(now: number): Promise<boolean> {
    return this.uses.haveOver(now);
  }

  prune(now: number): AsyncGenerator<Removed> {
    const removed = { accountId: null, what: 'counts of rate limits' };
    return inPieces(removed, usesPerPiece, (limit) => this.uses.removeOver(now, limit));
  }
}
