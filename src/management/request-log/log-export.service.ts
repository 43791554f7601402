import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import type { Call } from '../../core/call.js';
import { newId } from '../../core/ids.js';
import { notFound } from '../../platform/errors/api-error.js';
import { iso, isoOrNull } from '../../platform/http/times.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { encodeCursor, InvalidCursorError } from '../../store/call-log/read/call-cursor.js';
import { CallsStore } from '../../store/call-log/read/calls.store.js';
import { Database } from '../../store/database.js';
import { callResponse } from './call.response.js';
import { exportFormats } from './export-formats.js';
import { ExportTally, type ExportTotals } from './export-tally.js';
import type { ExportManifestResponse, ExportQuery } from './log-export.dto.js';
import { searchError, timesOf } from './log-search.js';
import { ReaderSlots } from '../../platform/http/reader-slots.js';

const rowsPerPage = 100;
/** Rows that are written in one go: for so long nobody else gets a turn. */
const rowsPerTurn = 25;
const targetType = 'request_log_export';

/** Who wants what. */
export interface ExportOrder {
  readonly caller: Caller;
  /** Whose calls: it is no part of the query. */
  readonly scope: { readonly accountId?: string };
  readonly query: ExportQuery;
  /** Asked before every page: an export does not outlive its key. */
  readonly stillAdmitted: () => Promise<boolean>;
}

export interface StartedExport {
  readonly id: string;
  /** To be read at the reader's pace, or destroyed. */
  readonly body: Readable;
}

/** An export under way. */
interface Run {
  readonly order: ExportOrder;
  readonly id: string;
  readonly tally: ExportTally;
  isComplete: boolean;
}

type Pages = AsyncGenerator<readonly Call[], void>;

/** What the events of an export say. */
type Told = Pick<ExportManifestResponse, 'accountId' | 'format' | 'filter'> & Partial<ExportTotals>;

/**
 * Hands the log out as a file, page by page as fast as it is read. That an export begins is in the audit trail before its first
 * byte, and how it ended before its last: the second event is its manifest.
 */
@Injectable()
export class LogExportService implements OnModuleDestroy {
  private readonly logger = new Logger('LogExport');
  private readonly slots = new ReaderSlots('exports', 4, 16);
  private readonly running = new Set<Promise<void>>();

  constructor(
    private readonly calls: CallsStore,
    private readonly database: Database,
    private readonly audit: AuditTrailStore,
  ) {}

  /** @throws ApiError 400, and 429 beyond the bounds, before anything is on record */
  async start(order: ExportOrder): Promise<StartedExport> {
    const giveBack = this.slots.take(order.caller.accountId);
    try {
      const started = await this.begin(order);
      started.body.once('close', giveBack);
      return started;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private async begin(order: ExportOrder): Promise<StartedExport> {
    const pages = await this.openPages(order);
    const id = newId('exp');
    await this.record(order, 'started', id);
    const run: Run = { order, id, tally: new ExportTally(), isComplete: false };
    const body = Readable.from(this.chunks(run, pages));
    this.watch(run, body);
    return { id, body };
  }

  /** @param accountId whose exports may be shown; `null`: everybody's */
  async manifest(accountId: string | null, id: string): Promise<ExportManifestResponse> {
    const events = await this.audit.eventsOf(id);
    const [started, ended] = events.filter(
      (event) =>
        event.targetType === targetType && (accountId === null || event.accountId === accountId),
    );
    if (started === undefined) throw notFound('export');
    const states = { export_completed: 'complete', export_interrupted: 'interrupted' } as const;
    const [, how] = ended?.action.split('.') ?? [];
    return {
      id,
      ...nothingYet,
      ...((ended ?? started).after as Told),
      state: states[how as keyof typeof states] ?? 'running',
      startedAt: iso(started.at),
      endedAt: isoOrNull(ended?.at ?? null),
    };
  }

  /** By then no connection is left: what was under way has only its end to record. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.running);
  }

  /** The first page is looked for at once, so that a filter that means nothing is refused and not a file that breaks off. */
  private async openPages({ scope, query }: ExportOrder): Promise<Pages> {
    const { format: _format, after, ...asked } = query;
    try {
      const place = after === undefined ? null : await this.cursorOf(after, scope);
      const pages = this.calls.pages(
        { ...timesOf(asked), ...scope },
        { limit: rowsPerPage, after: place },
      );
      return await startedOn(pages);
    } catch (error) {
      throw searchError(error);
    }
  }

  /** @param after a cursor, or the id of a row. @throws InvalidCursorError */
  private async cursorOf(after: string, { accountId }: ExportOrder['scope']): Promise<string> {
    if (!after.startsWith('call_')) return after;
    const call = await this.calls.find(after);
    if (call === null || (accountId !== undefined && call.accountId !== accountId))
      throw new InvalidCursorError('There is no such row.');
    return encodeCursor(call);
  }

  private async *chunks(run: Run, pages: Pages): AsyncGenerator<Buffer, void> {
    const { order, id, tally } = run;
    const { head, line } = exportFormats[order.query.format];
    yield tally.take(head, []);
    for await (const calls of pages) {
      if (!(await order.stillAdmitted())) throw new Error('The key of this export has ended.');
      for (let first = 0; first < calls.length; first += rowsPerTurn) {
        const some = calls.slice(first, first + rowsPerTurn);
        yield tally.take(some.map((call) => line(callResponse(call))).join(''), some);
        // On SQLite nothing so far had to wait: whoever else calls gets a turn.
        await setImmediate();
      }
    }
    await this.record(order, 'completed', id, tally.totals);
    run.isComplete = true;
  }

  /** Records the end of an export that breaks off. */
  private watch(run: Run, body: Readable): void {
    const { order, id, tally } = run;
    const closed = new Promise<void>((resolve) => body.once('close', resolve));
    const told = closed
      .then(async () => {
        if (!run.isComplete) await this.record(order, 'interrupted', id, tally.totals);
      })
      .catch((error: Error) => {
        this.logger.error({ msg: `The end of ${id} is not on record`, cause: error.message });
      })
      .finally(() => this.running.delete(told));
    this.running.add(told);
  }

  /** In the trail of the account whose calls they are; of all accounts', in the operator's. */
  private async record(
    { caller, scope, query }: ExportOrder,
    what: 'started' | 'completed' | 'interrupted',
    id: string,
    totals?: ExportTotals,
  ): Promise<void> {
    const { format, ...filter } = query;
    const told: Told = { accountId: scope.accountId ?? null, format, filter, ...totals };
    await this.database.change((change) =>
      this.audit.append(change, {
        accountId: scope.accountId ?? caller.accountId,
        action: `request_log.export_${what}`,
        actor: caller.actor,
        callerIp: caller.callerIp,
        target: { type: targetType, id },
        after: told,
      }),
    );
  }
}

const nothingYet = {
  ...{ rows: null, bytes: null, sha256: null },
  ...{ firstId: null, lastId: null, next: null },
};

/** The same pages, once the first of them is there. */
async function startedOn(pages: Pages): Promise<Pages> {
  const first = await pages.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* pages;
  })();
}
