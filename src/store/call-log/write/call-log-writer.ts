import type { CallOutcome } from '../../../core/call.js';
import { newId } from '../../../core/ids.js';
import { LogUnavailableError, type CallLog, type NewCall } from '../../../core/ports.js';
import { StartError } from '../../../core/start-error.js';
import { positionsPerMs } from '../call-columns.js';
import type { Answering, CallGroup } from './call-group.js';
import { nameOfCallLog, parseCallLogUrl } from '../call-log-url.js';
import type { CallLogWriterOptions } from './call-log-writer-options.js';
import { CallQueue } from './call-queue.js';
import { SinkThread } from './sink-thread.js';

const kept = Promise.resolve();
const stalled = new Error('the database does not answer');

/**
 * The call log: many calls in one transaction, on a thread of its own.
 *
 * One group is on its way at a time, and while it commits the next collects, so groups grow with the load. When a group
 * fails everyone who waits is told at once; their rows stay, now saying 503, and are written when the database is back.
 */
export class CallLogWriter implements CallLog {
  readonly #name: string;
  readonly #buffered: boolean;
  readonly #timeoutMs: number;
  readonly #retryMs: number;
  readonly #onStateChange: (healthy: boolean, error?: Error) => void;
  readonly #queue: CallQueue;
  readonly #thread: SinkThread;

  #accepting = false;
  #connected = false;
  /** From the start until all that waited is written: beyond that nothing is sent. */
  #running = false;
  #unavailable = new LogUnavailableError('The call log has not been started.');
  #lastPosition = 0;
  #lostRows = 0;
  #lostCompletions = 0;
  #sendScheduled = false;
  /** Whether rows were committed since the rest was last asked to catch up with them. */
  #isBehind = false;
  #lastCatchUp = kept;
  #retryTimer: NodeJS.Timeout | undefined;
  #stallTimer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | null = null;
  #onCommit: () => void = () => {};

  constructor(options: CallLogWriterOptions) {
    const database = parseCallLogUrl(options.url);
    const { mode, nodeId, queueMax = 20_000, timeoutMs = 5000, retryMs = 500 } = options;
    const script = options.workerUrl ?? new URL('../threads/call-log.worker.js', import.meta.url);
    this.#name = nameOfCallLog(database);
    this.#buffered = mode === 'buffered';
    this.#timeoutMs = timeoutMs;
    this.#retryMs = retryMs;
    this.#onStateChange = options.onStateChange ?? (() => {});
    this.#queue = new CallQueue(nodeId, queueMax);
    const settings = { database, mode, nodeId, runId: newId('run'), timeoutMs };
    this.#thread = new SinkThread(script, settings, (error) => {
      this.#disconnect(error);
      this.#retryLater();
    });
  }

  /** Opens the log and continues its numbering. @throws StartError if it cannot be written to */
  async start(): Promise<void> {
    try {
      const { lastSeq, lastPosition } = await this.#thread.open();
      this.#queue.continueAfter(lastSeq);
      this.#lastPosition = Math.max(this.#lastPosition, lastPosition);
    } catch (error) {
      await this.#thread.close(false).catch(() => {});
      throw new StartError(`${this.#name} cannot be written to: ${(error as Error).message}.`, {
        cause: error,
      });
    }
    this.#connected = true;
    this.#running = true;
    this.#accepting = true;
  }

  /**
   * Takes no more, writes what waits, and closes the log. It gives up when nothing could be committed for the timeout; what
   * is then left counts as lost.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#drainAndClose();
    return this.#stopping;
  }

  /** A buffered log takes rows without its database too, for as long as its queue has room. */
  get healthy(): boolean {
    return this.#accepting && (this.#connected || this.#buffered);
  }

  /** Rows that were not kept: beyond the queue's bound, refused by the database for what was in them, or left at the stop. */
  get lostRows(): number {
    return this.#lostRows;
  }

  /** Completions that were not kept: their rows go on saying *outcome unknown*. */
  get lostCompletions(): number {
    return this.#lostCompletions;
  }

  /** Rows that are not committed yet. */
  get waitingRows(): number {
    return this.#queue.waitingRows;
  }

  /** Resolves once every call that was committed by now is counted and can be found; where that cannot be done, without. */
  caughtUp(): Promise<void> {
    if (!this.#connected) return kept;
    if (this.#isBehind) {
      this.#isBehind = false;
      this.#lastCatchUp = this.#thread.caughtUp();
    }
    return this.#lastCatchUp;
  }

  nextPosition(atMs: number): number {
    this.#lastPosition = Math.max(Math.floor(atMs) * positionsPerMs, this.#lastPosition + 1);
    return this.#lastPosition;
  }

  write(call: NewCall): Promise<void> {
    return this.#take(call, 'waits');
  }

  note(call: NewCall): void {
    void this.#take(call, 'goes out');
  }

  complete(position: number, outcome: CallOutcome): void {
    if (this.#accepting && this.#queue.complete(position, outcome)) this.#scheduleSend();
    else this.#lostCompletions += 1;
  }

  #take(call: NewCall, answer: Answering): Promise<void> {
    const group = this.#accepting ? this.#queue.add(call, answer) : null;
    if (group === null) return this.#turnAway();
    this.#scheduleSend();
    return this.#buffered ? kept : group.settled;
  }

  #turnAway(): Promise<void> {
    this.#lostRows += 1;
    if (this.#buffered) return kept;
    const isFull = this.#accepting && this.#connected;
    const rejected = Promise.reject<void>(
      isFull ? new LogUnavailableError('The call log is full.') : this.#unavailable,
    );
    // The door may have gone away without looking.
    rejected.catch(() => {});
    return rejected;
  }

  /** At the end of this turn of the event loop, so that the requests that arrived in it share a commit. */
  #scheduleSend(): void {
    if (this.#sendScheduled || this.#queue.busy || !this.#connected) return;
    this.#sendScheduled = true;
    setImmediate(() => {
      this.#sendScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const group = this.#connected && this.#running ? this.#queue.take() : null;
    if (group === null) return;
    this.#stallTimer = setTimeout(() => this.#disconnect(stalled), 2 * this.#timeoutMs);
    this.#thread.write(group.pack()).then(
      (leftOut) => this.#committed(group, leftOut),
      (error: Error) => this.#failed(group, error),
    );
  }

  #committed(group: CallGroup, leftOut: number): void {
    clearTimeout(this.#stallTimer);
    this.#isBehind = true;
    this.#queue.done(group);
    this.#lostRows += leftOut;
    group.committed();
    // A stall is over.
    if (!this.#connected) this.#connect();
    this.#send();
    this.#onCommit();
  }

  #failed(group: CallGroup, error: Error): void {
    clearTimeout(this.#stallTimer);
    group.failed();
    this.#queue.putBack(group);
    this.#disconnect(error);
    this.#retryLater();
  }

  #disconnect(error: Error): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#unavailable = new LogUnavailableError(
      `The call log cannot be written: ${error.message}`,
      { cause: error },
    );
    if (!this.#buffered) this.#queue.refuse(this.#unavailable);
    this.#onStateChange(false, error);
  }

  #connect(): void {
    this.#connected = true;
    this.#queue.accept();
    this.#onStateChange(true);
  }

  #retryLater(): void {
    clearTimeout(this.#retryTimer);
    if (this.#running) this.#retryTimer = setTimeout(() => this.#reconnect(), this.#retryMs);
  }

  #reconnect(): void {
    this.#thread.open().then(
      ({ lastSeq }) => {
        this.#queue.reconcile(lastSeq);
        this.#connect();
        this.#send();
      },
      () => this.#retryLater(),
    );
  }

  async #drainAndClose(): Promise<void> {
    this.#accepting = false;
    this.#unavailable = new LogUnavailableError('The call log has been stopped.');
    this.#send();
    while (!this.#queue.empty && (await this.#commitWithin(this.#timeoutMs)));
    this.#running = false;
    clearTimeout(this.#retryTimer);
    await this.#thread.close(this.#queue.empty).catch(() => {});
    this.#connected = false;
    this.#lostRows += this.#queue.waitingRows;
    this.#lostCompletions += this.#queue.waitingCompletions;
  }

  /** @returns whether a group was committed in time */
  #commitWithin(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), milliseconds);
      this.#onCommit = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
