import { Injectable } from '@nestjs/common';
import type { Call } from '../../core/call.js';
import { invalidParameter } from '../../platform/errors/api-error.js';
import { invalidCursor, type Page } from '../../platform/http/pages.js';
import { iso } from '../../platform/http/times.js';
import { InvalidCursorError } from '../../store/call-log/call-cursor.js';
import { InvalidFilterError, type CallFilter } from '../../store/call-log/call-filter.js';
import { CallsStore } from '../../store/call-log/calls.store.js';
import type { CallResponse, RequestLogQuery } from './request-log.dto.js';

@Injectable()
export class RequestLogService {
  constructor(private readonly calls: CallsStore) {}

  /** Newest first. @param scope what the caller may see at all: it is no part of the query */
  async search(
    scope: { readonly accountId?: string },
    query: RequestLogQuery,
  ): Promise<Page<CallResponse>> {
    const { limit, after, from, to, ...same } = query;
    const filter: CallFilter = {
      ...same,
      ...(from !== undefined && { from: Date.parse(from) }),
      ...(to !== undefined && { to: Date.parse(to) }),
      ...scope,
    };
    try {
      const { calls, next } = await this.calls.search(filter, {
        limit,
        ...(after !== undefined && { after }),
      });
      return {
        results: calls.map(callResponse),
        paging: next === null ? {} : { next: { after: next } },
      };
    } catch (error) {
      if (error instanceof InvalidCursorError) throw invalidCursor();
      if (error instanceof InvalidFilterError)
        throw invalidParameter(error.field, `${error.field} cannot be used: ${error.message}.`);
      throw error;
    }
  }
}

function callResponse({ position: _position, at, ...call }: Call): CallResponse {
  return {
    ...call,
    at: iso(at),
    requiredScopes: [...call.requiredScopes],
    usedScopes: [...call.usedScopes],
    missingScopes: [...call.missingScopes],
  };
}
