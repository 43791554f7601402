import { Injectable } from '@nestjs/common';
import { notFound } from '../../platform/errors/api-error.js';
import { decodeCursor, encodeCursor, pageOf, type Page } from '../../platform/http/pages.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import type { CallCounts, Ranking } from '../../store/call-log/read/call-counts.js';
import type { CallFilter } from '../../store/call-log/read/call-filter.js';
import { CallsStore } from '../../store/call-log/read/calls.store.js';
import {
  JunkCountsStore,
  type JunkCount,
  type JunkCountPlace,
} from '../../store/junk-counts/junk-counts.store.js';
import { callResponse } from './call.response.js';
import type { JunkCountResponse, JunkCountsQuery } from './junk-counts.dto.js';
import { searchError, timesOf } from './log-search.js';
import type { CallCountsResponse, RankingResponse } from './log-counts.dto.js';
import type {
  CallFilterQuery,
  CallResponse,
  CallsPage,
  RequestLogQuery,
} from './request-log.dto.js';

@Injectable()
export class RequestLogService {
  constructor(
    private readonly calls: CallsStore,
    private readonly junkCounts: JunkCountsStore,
  ) {}

  /** What was counted in place of being logged, the latest minute first. */
  async junk(query: JunkCountsQuery): Promise<Page<JunkCountResponse>> {
    const { limit, after, ...filter } = query;
    const counts = await this.junkCounts.list(
      timesOf(filter),
      limit + 1,
      after === undefined ? null : junkPlaceOf(after),
    );
    return pageOf(counts, limit, junkCountResponse, ({ minute, block, reason }) =>
      encodeCursor([minute, block, reason ?? '']),
    );
  }

  /** @param scope what the caller may see at all: it is no part of the query */
  async search(scope: { readonly accountId?: string }, query: RequestLogQuery): Promise<CallsPage> {
    const { limit, after, order, ...asked } = query;
    const filter: CallFilter = { ...timesOf(asked), ...scope };
    try {
      const { calls, next, searchedTo } = await this.calls.search(filter, {
        ...{ limit, order },
        ...(after !== undefined && { after }),
      });
      return {
        results: calls.map(callResponse),
        paging: next === null ? {} : { next: { after: next } },
        searchedTo: isoOrNull(searchedTo),
      };
    } catch (error) {
      throw searchError(error);
    }
  }

  /** One call. @param scope what the caller may see at all */
  async read({ accountId }: { readonly accountId?: string }, id: string): Promise<CallResponse> {
    const call = await this.calls.find(id);
    if (call === null || (accountId !== undefined && call.accountId !== accountId))
      throw notFound('call');
    return callResponse(call);
  }

  /** What there is of the calls that match, for charts. @param scope what the caller may see at all */
  async count(
    scope: { readonly accountId?: string },
    query: CallFilterQuery,
  ): Promise<CallCountsResponse> {
    try {
      return countsResponse(await this.calls.count({ ...timesOf(query), ...scope }));
    } catch (error) {
      throw searchError(error);
    }
  }
}

function countsResponse(counts: CallCounts): CallCountsResponse {
  const { calls, deniedCalls, estimated, intervalMs, times, by, keyNames } = counts;
  const keys = by.key.results.map((count) => ({
    ...count,
    name: (count.value !== null && keyNames.get(count.value)) || null,
  }));
  return {
    ...{ calls, deniedCalls, estimated, intervalSeconds: intervalMs / 1_000 },
    times: times.map(({ from, ...count }) => ({ from: iso(from), ...count })),
    ...{
      statuses: ranking(by.status),
      reasons: ranking(by.reason),
      keys: { ...by.key, results: keys },
    },
    ...{ ips: ranking(by.ip), routes: ranking(by.route) },
  };
}

function ranking({ results, otherCalls }: Ranking): RankingResponse {
  return { results: [...results], otherCalls };
}

function junkPlaceOf(after: string): JunkCountPlace {
  const [minute, block, reason] = decodeCursor(after, ['number', 'string', 'string']);
  return {
    minute: minute as number,
    block: block as string,
    reason: (reason as string) || null,
  };
}

function junkCountResponse({ minute, ...count }: JunkCount): JunkCountResponse {
  return { minute: iso(minute), ...count };
}
