import { Injectable } from '@nestjs/common';
import { LessThan, MoreThanOrEqual } from 'typeorm';
import { Database, type Change } from './database.js';
import { IdempotencyRecordEntity } from './entities/idempotency-record.entity.js';

/** A request that is to be carried out at most once. */
export interface IdempotencyClaim {
  readonly callerId: string;
  readonly path: string;
  /** A digest of the header, as `bodyDigest` is of the body. */
  readonly idempotencyKey: string;
  readonly bodyDigest: string;
}

const keptMs = 24 * 60 * 60 * 1000;

/** Remembers for 24 hours which creating requests were carried out. */
@Injectable()
export class IdempotencyStore {
  constructor(private readonly database: Database) {}

  find(
    { callerId, path, idempotencyKey }: IdempotencyClaim,
    now: number,
  ): Promise<IdempotencyRecordEntity | null> {
    const createdAt = MoreThanOrEqual(now - keptMs);
    return this.database.read.findOneBy(IdempotencyRecordEntity, {
      callerId,
      path,
      idempotencyKey,
      createdAt,
    });
  }

  /** Puts on record, in the transaction of the change itself, that a claim was carried out. @param answer without any secret */
  async complete(
    change: Change,
    claim: IdempotencyClaim | undefined,
    answer: object,
  ): Promise<void> {
    if (claim === undefined) return;
    await change.manager.delete(IdempotencyRecordEntity, {
      createdAt: LessThan(change.now - keptMs),
    });
    await change.manager.insert(IdempotencyRecordEntity, {
      ...claim,
      answer,
      createdAt: change.now,
    });
  }
}
