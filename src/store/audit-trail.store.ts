import { Inject, Injectable } from '@nestjs/common';
import { LessThanOrEqual, Not } from 'typeorm';
import { eventDigest, prunedAction, type PrunedEvents } from '../core/audit-chain.js';
import { newId } from '../core/ids.js';
import { Database, type Change } from './database.js';
import { AuditEventEntity, type Actor } from './entities/audit-event.entity.js';
import { AuditHeadEntity } from './entities/audit-head.entity.js';
import { given } from './given.js';
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

/** Which events: all that is given must match. */
export interface AuditFilter {
  readonly action?: string;
  readonly actorId?: string;
  readonly targetId?: string;
  /** Epoch milliseconds: at or after. */
  readonly from?: number;
  /** Epoch milliseconds: before. */
  readonly to?: number;
}

const retention: Actor = { kind: 'installation', id: null, name: 'retention' };

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
    const digest = eventDigest(event, this.auditKey);
    await change.manager.insert(AuditEventEntity, { ...event, digest });
    await change.manager.update(
      AuditHeadEntity,
      { accountId: entry.accountId },
      { seq: event.seq, digest },
    );
  }

  /** Newest first. @param beforeSeq only events before this one */
  list(
    accountId: string,
    limit: number,
    beforeSeq: number | null,
    filter: AuditFilter = {},
  ): Promise<AuditEventEntity[]> {
    const query = this.database.read
      .createQueryBuilder(AuditEventEntity, 'row')
      .where('row.accountId = :accountId', given({ accountId }));
    if (beforeSeq !== null) query.andWhere('row.seq < :beforeSeq', { beforeSeq });
    const { action, actorId, targetId, from, to } = filter;
    if (action !== undefined) query.andWhere('row.action = :action', { action });
    if (targetId !== undefined) query.andWhere('row.targetId = :targetId', { targetId });
    if (from !== undefined) query.andWhere('row.at >= :from', { from });
    if (to !== undefined) query.andWhere('row.at < :to', { to });
    if (actorId !== undefined) {
      // As it is written out; quotes inside a name are escaped there, so no name looks like it.
      const written = `"id":${JSON.stringify(actorId)}`;
      const find = query.connection.options.type === 'postgres' ? 'STRPOS' : 'INSTR';
      query.andWhere(`${find}(row.actor, :written) > 0`, { written });
    }
    return query.orderBy('row.seq', 'DESC').take(limit).getMany();
  }

  /**
   * When the oldest event of an account was written, in epoch milliseconds; `null` if there is none. One that only tells of
   * what was taken away before it does not count.
   */
  async oldestAt(accountId: string): Promise<number | null> {
    const [oldest] = await this.database.read.find(AuditEventEntity, {
      select: { id: true, at: true },
      where: { accountId, action: Not(prunedAction) },
      order: { seq: 'ASC' },
      take: 1,
    });
    return oldest?.at ?? null;
  }

  /**
   * Takes events off the beginning of an account's chain, and leaves an event that says where the rest begins, all in one
   * change. Only what is older than `before` goes, and nothing behind an event that has to stay.
   *
   * @param before epoch milliseconds
   * @param limit how many at most
   * @returns how many went
   */
  prune(accountId: string, before: number, limit: number): Promise<number> {
    given({ accountId, before });
    return this.database.change(async (change) => {
      const { manager } = change;
      await this.#lockHead(change, accountId);
      const oldest = await manager.find(AuditEventEntity, {
        select: { id: true, seq: true, at: true, action: true, digest: true },
        where: { accountId },
        order: { seq: 'ASC' },
        take: limit,
      });
      const firstKept = oldest.findIndex(({ at }) => at >= before);
      const past = firstKept === -1 ? oldest : oldest.slice(0, firstKept);
      const last = past.at(-1);
      // What only tells of what went before would have to be told of by another.
      if (last === undefined || past.every(({ action }) => action === prunedAction)) return 0;
      const after: PrunedEvents = {
        events: past.length,
        upTo: { seq: last.seq, digest: last.digest },
        before: new Date(before).toISOString(),
      };
      await this.append(change, {
        ...{ accountId, action: prunedAction, actor: retention, callerIp: null },
        ...{ target: { type: 'account', id: accountId }, after },
      });
      await manager.delete(AuditEventEntity, { accountId, seq: LessThanOrEqual(last.seq) });
      return past.length;
    });
  }

  /** What happened to one object, oldest first, in whichever account: whom to show it to is for the caller to say. */
  eventsOf(targetId: string): Promise<AuditEventEntity[]> {
    return this.database.read.find(AuditEventEntity, {
      where: { targetId },
      order: { seq: 'ASC' },
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
