import { Inject, Injectable } from '@nestjs/common';
import { In, LessThanOrEqual, MoreThan, Not } from 'typeorm';
import type { LimitUse } from '../../core/rate-meter.js';
import type { CountedCalls } from '../../core/rolling-window.js';
import { Database } from '../database.js';
import { RateLimitUseEntity } from '../entities/rate-limit-use.entity.js';
import { groupBy } from '../group-by.js';
import { rawQuery } from '../raw-query.js';
import { NODE_ID } from '../tokens.js';

/** Below every driver's bound on parameters, and soon done. */
const usesPerStatement = 100;

/**
 * What was counted against the limits of keys and accounts. Each process writes its own totals, so that saving them twice changes
 * nothing, and what several have counted is the sum of theirs.
 */
@Injectable()
export class LimitUsesStore {
  constructor(
    private readonly database: Database,
    @Inject(NODE_ID) private readonly nodeId: string,
  ) {}

  /** Whether other processes count as well. */
  get isShared(): boolean {
    return this.database.read.connection.options.type === 'postgres';
  }

  /** @param uses the totals of this process, each in place of the one before; some in each transaction */
  async save(uses: readonly LimitUse[]): Promise<void> {
    for (let start = 0; start < uses.length; start += usesPerStatement) {
      const some = uses.slice(start, start + usesPerStatement);
      const values = some.flatMap((use) => [
        ...[use.holderId, this.nodeId, JSON.stringify(stepsOf(use.recent))],
        ...[use.callsOfDay, use.dayEndsAt, use.countsUntil],
      ]);
      // By hand: it is done every second for everybody who called, on the thread that answers calls.
      await this.database.write((manager) => rawQuery(manager, saveSql(some.length), values));
    }
  }

  /** What this process has counted in an earlier life, and what others have, as far as it counts. */
  async counting(now: number): Promise<{ own: LimitUse[]; others: Map<string, LimitUse[]> }> {
    const countsUntil = MoreThan(now);
    const { nodeId: writerId } = this;
    const own = await this.database.read.findBy(RateLimitUseEntity, { countsUntil, writerId });
    const others = this.isShared
      ? await this.database.read.findBy(RateLimitUseEntity, {
          countsUntil,
          writerId: Not(writerId),
        })
      : [];
    return { own: own.map(useOf), others: groupBy(others.map(useOf), ofHolder) };
  }

  /** What other processes have counted of some keys and accounts. Whom they do not know is not in it. */
  async ofOthers(holderIds: readonly string[], now: number): Promise<Map<string, LimitUse[]>> {
    if (!this.isShared) return new Map();
    const uses: LimitUse[] = [];
    for (let start = 0; start < holderIds.length; start += usesPerStatement) {
      const rows = await this.database.read.findBy(RateLimitUseEntity, {
        holderId: In(holderIds.slice(start, start + usesPerStatement)),
        writerId: Not(this.nodeId),
        countsUntil: MoreThan(now),
      });
      uses.push(...rows.map(useOf));
    }
    return groupBy(uses, ofHolder);
  }

  /** Whether there is anything that counts no more. */
  haveOver(now: number): Promise<boolean> {
    return this.database.read.existsBy(RateLimitUseEntity, {
      countsUntil: LessThanOrEqual(now),
    });
  }

  /** Takes away what counts no more. @returns how many were found; if as many as `limit`, ask again */
  async removeOver(now: number, limit: number): Promise<number> {
    const countsUntil = LessThanOrEqual(now);
    const over = await this.database.read.find(RateLimitUseEntity, {
      select: { holderId: true, writerId: true },
      where: { countsUntil },
      take: limit,
    });
    const holderId = In(over.map((use) => use.holderId));
    // Whoever counts on meanwhile keeps what it counted.
    if (over.length > 0)
      await this.database.write((manager) =>
        manager.delete(RateLimitUseEntity, { holderId, countsUntil }),
      );
    return over.length;
  }
}

function ofHolder({ holderId }: LimitUse): string {
  return holderId;
}

function saveSql(rows: number): string {
  const marks = Array(rows).fill('(?, ?, ?, ?, ?, ?)').join(', ');
  return `INSERT INTO rate_limit_use (holder_id, writer_id, recent, calls_of_day, day_ends_at, counts_until)
    VALUES ${marks} ON CONFLICT (holder_id, writer_id) DO UPDATE SET recent = excluded.recent,
    calls_of_day = excluded.calls_of_day, day_ends_at = excluded.day_ends_at, counts_until = excluded.counts_until`;
}

/** As the entity keeps them. */
function stepsOf(recent: readonly CountedCalls[]): number[] {
  let before = 0;
  return recent.flatMap(([at, calls]) => {
    const step = at - before;
    before = at;
    return [step, calls];
  });
}

function useOf({ recent: steps, writerId: _writer, ...use }: RateLimitUseEntity): LimitUse {
  const recent: CountedCalls[] = [];
  let at = 0;
  for (let i = 0; i < steps.length; i += 2) {
    at += steps[i] as number;
    recent.push([at, steps[i + 1] as number]);
  }
  return { ...use, recent };
}
