import { Injectable } from '@nestjs/common';
import { NoticesStore } from '../store/notices.store.js';
import { inPieces, type Pruner, type Removed } from './pruner.js';
import { RetentionTerms } from './retention-terms.js';

/** Each with its deliveries and their attempts. */
const noticesPerPiece = 100;

/** Takes old notices away. They tell of changes, so they are kept for as long as audit events are. */
@Injectable()
export class NoticeRetention implements Pruner {
  readonly name = 'notices';

  constructor(
    private readonly terms: RetentionTerms,
    private readonly notices: NoticesStore,
  ) {}

  async isDue(now: number): Promise<boolean> {
    return this.notices.haveSome(await this.terms.latest(now, 'retentionDaysAudit'));
  }

  async *prune(now: number): AsyncGenerator<Removed> {
    for await (const { accountId, before } of this.terms.accountsAt(now, 'retentionDaysAudit'))
      yield* inPieces({ accountId, what: 'notices' }, noticesPerPiece, (limit) =>
        this.notices.prune(accountId, before, now, limit),
      );
  }
}
