import { Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ApiError } from '../../platform/errors/api-error.js';
import type { CallTail, NewCallOnLog } from '../../store/call-log/read/call-tail.js';
import { InvalidCursorError } from '../../store/call-log/read/call-cursor.js';
import { CallsStore } from '../../store/call-log/read/calls.store.js';
import { callResponse } from './call.response.js';
import { searchError, timesOf } from './log-search.js';
import type { StreamQuery } from './log-stream.dto.js';
import { ReaderSlots } from '../../platform/http/reader-slots.js';

/** Milliseconds between two looks for new rows, while there are none. */
const lookMs = 200;
/** Milliseconds between two looks at the key. */
const judgeMs = 500;
/** Milliseconds without a row after which something is said all the same. */
const heartbeatMs = 15_000;

/** Who wants what. */
export interface StreamOrder {
  /** Whose streams are counted. */
  readonly callerAccountId: string;
  /** Whose calls: it is no part of the query. */
  readonly scope: { readonly accountId?: string };
  readonly query: StreamQuery;
  /** The id of the last event that the reader has. */
  readonly lastEventId: string | undefined;
  /** A stream does not outlive its key. */
  readonly stillAdmitted: () => Promise<boolean>;
}

/** Tells readers of new calls as they are committed, as fast as they read: what waits for them waits in the log. */
@Injectable()
export class LogStreamService {
  private readonly slots = new ReaderSlots('streams', 8, 64);
  private readonly open = new Set<AbortController>();
  private stopped = false;

  constructor(private readonly calls: CallsStore) {}

  /**
   * Server-sent events, to be read at the reader's pace, or destroyed.
   * @throws ApiError 400; 429 beyond the bounds
   */
  async start(order: StreamOrder): Promise<Readable> {
    const giveBack = this.slots.take(order.callerAccountId);
    try {
      const tail = this.calls.follow({ ...timesOf(order.query), ...order.scope });
      await tail.start(order.lastEventId ?? null);
      const ending = new AbortController();
      const body = Readable.from(events(tail, ending.signal));
      this.watch(order, ending, body, giveBack);
      return body;
    } catch (error) {
      giveBack();
      throw error instanceof InvalidCursorError ? invalidEventId() : searchError(error);
    }
  }

  /** Ends every stream, and lets none begin. Readers go on elsewhere with the id of their last event. */
  stop(): void {
    this.stopped = true;
    for (const ending of this.open) ending.abort();
  }

  private watch(
    { stillAdmitted }: StreamOrder,
    ending: AbortController,
    body: Readable,
    giveBack: () => void,
  ): void {
    const judge = async (): Promise<void> => {
      if (!(await stillAdmitted().catch(() => false))) ending.abort();
    };
    const judging = setInterval(() => void judge(), judgeMs);
    this.open.add(ending);
    if (this.stopped) ending.abort();
    body.once('close', () => {
      clearInterval(judging);
      ending.abort();
      this.open.delete(ending);
      giveBack();
    });
  }
}

function invalidEventId(): ApiError {
  const message = 'Last-Event-ID must be the id of an event of this stream.';
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
    { message, code: 'IS_CURSOR', in: 'headers', context: { field: 'Last-Event-ID' } },
  ]);
}

async function* events(tail: CallTail, ending: AbortSignal): AsyncGenerator<string, void> {
  // An id without data: the reader has a place to go on from before there is any row.
  yield `id: ${tail.cursor}\n\n`;
  let saidAt = performance.now();
  while (!ending.aborted) {
    let isNew = false;
    for await (const news of tail.news()) {
      if (ending.aborted) return;
      isNew = true;
      if (news.length > 0) {
        yield news.map(eventOf).join('');
        saidAt = performance.now();
      }
      // On SQLite nothing so far had to wait: whoever else calls gets a turn.
      await setImmediate();
    }
    if (performance.now() - saidAt >= heartbeatMs) {
      yield `: nothing new\nid: ${tail.cursor}\n\n`;
      saidAt = performance.now();
    }
    // Woken by the end, which the loop looks at.
    if (!isNew) await sleep(lookMs, undefined, { signal: ending }).catch(() => {});
  }
}

function eventOf({ call, cursor }: NewCallOnLog): string {
  return `id: ${cursor}\nevent: call\ndata: ${JSON.stringify(callResponse(call))}\n\n`;
}
