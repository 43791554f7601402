import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '../../core/ports.js';
import { invalidParameter } from '../../platform/errors/api-error.js';
import { ReaderSlots } from '../../platform/http/reader-slots.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { CallGapsStore } from '../../store/call-log/read/call-gaps.store.js';
import { CallsKeptStore } from '../../store/calls-kept.store.js';
import { LogWholeness } from '../../store/log-wholeness.js';
import { CLOCK } from '../../store/tokens.js';
import type { LogGapsQuery, LogGapsResponse } from './log-gaps.dto.js';

/**
 * Milliseconds that a call may take. Numbers are given out as calls are answered, and rows are removed by when they arrived: right
 * behind what was removed there are numbers whose calls came before it.
 */
const longestCallMs = 3_600_000;

/** Tells what is missing from the log, of a time from which nothing was removed. */
@Injectable()
export class LogGapsService {
  private readonly slots = new ReaderSlots('searches for gaps', 1, 2);

  constructor(
    private readonly gaps: CallGapsStore,
    private readonly kept: CallsKeptStore,
    private readonly wholeness: LogWholeness,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws ApiError 400, and 429 while another search is under way */
  async find(callerAccountId: string, query: LogGapsQuery): Promise<LogGapsResponse> {
    const giveBack = this.slots.take(callerAccountId);
    try {
      return await this.found(query);
    } finally {
      giveBack();
    }
  }

  private async found(query: LogGapsQuery): Promise<LogGapsResponse> {
    const now = this.clock.now();
    const to = query.to === undefined ? now : Math.min(Date.parse(query.to), now);
    const asked = query.from === undefined ? 0 : Date.parse(query.from);
    if (asked > to) throw invalidParameter('from', 'from must not be after to, nor in the future.');
    const removedBefore = await this.kept.wholeSince();
    const keptFrom = removedBefore === 0 ? 0 : removedBefore + longestCallMs;
    const from = Math.max(asked, keptFrom);
    const begunAt = Math.min(await this.wholeness.since(null), to);
    if (from > to) return { ...nothing, checkedFrom: null, checkedTo: iso(to) };
    // What comes at this very moment belongs to it.
    const found = await this.gaps.check({ from, to: to + 1, keptFrom });
    // Retention may have gone on meanwhile.
    const removedNow = (await this.kept.wholeSince()) + longestCallMs;
    const gaps = found.gaps.filter(({ before }) => before === null || before >= removedNow);
    const { rows, hasMore, unclearEnds } = found;
    return {
      checkedFrom: iso(Math.max(from, begunAt)),
      ...{ checkedTo: iso(to), rows, hasMore },
      missingCalls: gaps.reduce((sum, { first, last }) => sum + last - first + 1, 0),
      gaps: gaps.map(({ nodeId, first, last, after, before }) => ({
        ...{ nodeId, firstSeq: first, lastSeq: last },
        ...{ after: isoOrNull(after), before: isoOrNull(before) },
      })),
      unclearEnds: unclearEnds.map(({ startedAt, lastCallAt, ...end }) => ({
        ...end,
        ...{ startedAt: iso(startedAt), lastCallAt: isoOrNull(lastCallAt) },
      })),
    };
  }
}

const nothing = { rows: 0, missingCalls: 0, gaps: [], hasMore: false, unclearEnds: [] };
