import { createHmac } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { newId } from '../core/ids.js';
import { canonicalJson } from '../core/canonical-json.js';
import { Database, type Change } from './database.js';
import { AuditEventEntity, type Actor } from './entities/audit-event.entity.js';
import { AuditHeadEntity } from './entities/audit-head.entity.js';
import { AUDIT_KEY } from './tokens.js';

/** What happened, in whose account, by whom, from where. */
export interface AuditEntry {
  readonly accountId: string;
  readonly action: string;
  readonly actor: Actor;
  readonly callerIp: string | null;
  readonly target: { readonly type: string; readonly id: string };
  /** The object before and after, as the API shows it: never a secret. */
  readonly before?: object;
  readonly after?: object;
}

@Injectable()
export class AuditTrailStore {
  constructor(
    private readonly database: Database,
    @Inject(AUDIT_KEY) private readonly auditKey: Buffer,
  ) {}

  /** Links an event to its account's chain, in the transaction of the change it tells of. */
  async append(change: Change, entry: AuditEntry): Promise<void> {
    const head = await this.#lockHead(change, entry.accountId);
    const event = {
      id: newId('evt'),
      accountId: entry.accountId,
      seq: head.seq + 1,
      at: change.now,
      action: entry.action,
      actor: entry.actor,
      callerIp: entry.callerIp,
      targetType: entry.target.type,
      targetId: entry.target.id,
      before: entry.before ?? null,
      after: entry.after ?? null,
      previousDigest: head.digest,
    };
    const digest = createHmac('sha256', this.auditKey)
      .update(canonicalJson(event))
      .digest('base64url');
    await change.manager.insert(AuditEventEntity, { ...event, digest });
    await change.manager.update(
      AuditHeadEntity,
      { accountId: entry.accountId },
      { seq: event.seq, digest },
    );
  }

  /** Newest first. @param beforeSeq only events before this one */
  list(accountId: string, limit: number, beforeSeq: number | null): Promise<AuditEventEntity[]> {
    return this.database.read.find(AuditEventEntity, {
      where: { accountId, ...(beforeSeq === null ? {} : { seq: LessThan(beforeSeq) }) },
      order: { seq: 'DESC' },
      take: limit,
    });
  }

  async #lockHead({ manager }: Change, accountId: string): Promise<AuditHeadEntity> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(AuditHeadEntity)
      .values({ accountId, seq: 0, digest: '' })
      .orIgnore()
      .execute();
    // Adding nothing takes the row's lock on PostgreSQL; SQLite has one writer anyway.
    await manager.increment(AuditHeadEntity, { accountId }, 'seq', 0);
    return manager.findOneByOrFail(AuditHeadEntity, { accountId });
  }
}
