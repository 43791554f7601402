import { Injectable, Logger } from '@nestjs/common';
import { wordsOf } from '../core/audit-chain-words.js';
import { AuditChainsStore } from '../store/audit-chains.store.js';
import { AuditTrailStore } from '../store/audit-trail.store.js';
import { inPieces, type Pruner, type Removed } from './pruner.js';
import { RetentionTerms } from './retention-terms.js';

/** Each piece leaves an event that tells of it. */
const eventsPerPiece = 1_000;
/** What is kept beyond its time, so that a trail is told of as pruned once a day and not once an hour. */
const graceMs = 24 * 60 * 60 * 1000;

/**
 * Takes old events off the beginning of each trail. A trail that is broken is left as it is: what is past its time may be what
 * shows who broke it.
 */
@Injectable()
export class AuditRetention implements Pruner {
  readonly name = 'audit';
  readonly #logger = new Logger('Retention');
  /** Accounts whose broken trail was told of. */
  readonly #told = new Set<string>();

  constructor(
    private readonly terms: RetentionTerms,
    private readonly audit: AuditTrailStore,
    private readonly chains: AuditChainsStore,
  ) {}

  async isDue(now: number): Promise<boolean> {
    for await (const { accountId, before } of this.terms.accountsAt(now, 'retentionDaysAudit'))
      if (await this.#isOld(accountId, before)) return true;
    return false;
  }

  async *prune(now: number, signal: AbortSignal): AsyncGenerator<Removed> {
    for await (const { accountId, before } of this.terms.accountsAt(now, 'retentionDaysAudit')) {
      const removed = { accountId, what: 'audit events' };
      if ((await this.#isOld(accountId, before)) && (await this.#isWhole(accountId, signal)))
        yield* inPieces(removed, eventsPerPiece, (limit) =>
          this.audit.prune(accountId, before, limit),
        );
      else yield { ...removed, count: 0 };
    }
  }

  async #isOld(accountId: string, before: number): Promise<boolean> {
    const oldestAt = await this.audit.oldestAt(accountId);
    return oldestAt !== null && oldestAt < before - graceMs;
  }

  async #isWhole(accountId: string, signal: AbortSignal): Promise<boolean> {
    const { break: found } = await this.chains.check(accountId, { signal });
    if (found === null) {
      this.#told.delete(accountId);
      return true;
    }
    if (!this.#told.has(accountId)) {
      const msg = 'An audit trail is broken, and nothing is taken off it';
      this.#logger.error({ msg, accountId, seq: found.seq, cause: wordsOf(found) });
      this.#told.add(accountId);
    }
    return false;
  }
}
