import type { ServerResponse } from 'node:http';
import { errors, type Dispatcher } from 'undici';
import type { UpstreamFailure } from '../../../core/call.js';
import type { ForwardedBody } from './forwarded-body.js';

/** Bytes of an answer that are kept while its call is being logged; then the upstream waits. */
const keptBytesMax = 64 * 1024;

export type UpstreamAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      /** Names and values in turn, as the upstream sent them, read as Latin-1. */
      readonly headers: readonly string[];
      readonly body: AnswerBody;
    }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/** What follows the headers of an upstream's answer. It is passed on, or discarded. */
export interface AnswerBody {
  /**
   * Writes it into an answer whose headers are written, as fast as the caller takes it, and ends that.
   *
   * @param timeoutMs after which a caller that takes nothing is let go
   * @returns its bytes
   */
  passTo(response: ServerResponse, timeoutMs: number): Promise<number>;
  discard(): void;
}

/**
 * One call to an upstream and its answer, as undici tells of them. Streams in between would cost more than all the rest of a
 * call, so the pieces are handed on as they come.
 */
export class Exchange implements Dispatcher.DispatchHandler, AnswerBody {
  /** What the upstream answered, or why it did not. It is never rejected. */
  readonly answer: Promise<UpstreamAnswer>;
  #settle!: (answer: UpstreamAnswer) => void;
  readonly #sent: ForwardedBody | null;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  /** Why it was given up, or the error that ended it. */
  #brokeOff: UpstreamFailure | Error | null = null;
  #ended = false;
  /** Until it is known where they go. */
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #receiver: Receiver | null = null;

  /** @param timeoutMs from the last piece of the body to the headers of the answer */
  constructor(sent: ForwardedBody | null, timeoutMs: number) {
    this.answer = new Promise((resolve) => (this.#settle = resolve));
    this.#sent = sent;
    this.#timer = setTimeout(() => this.giveUp('UPSTREAM_TIMEOUT'), timeoutMs);
    if (sent === null) return;
    // A long upload is no slow upstream.
    sent.onPiece = () => this.#timer.refresh();
    sent.on('error', () => {});
  }

  /** Nobody waits for it any more. A call that still waits for a connection is not sent. */
  giveUp(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    this.#brokeOff = failure;
    this.#answered({ ok: false, failure });
    this.#controller?.abort(new Error(failure));
    this.#receiver?.brokenOff();
  }

  discard(): void {
    this.giveUp('CLIENT_CLOSED');
  }

  passTo(response: ServerResponse, timeoutMs: number): Promise<number> {
    const receiver = new Receiver(response, timeoutMs, () => this.#controller?.resume());
    this.#receiver = receiver;
    const kept = this.#kept;
    this.#kept = [];
    if (this.#brokeOff !== null) receiver.brokenOff();
    else if (this.#ended && kept.length < 2) receiver.end(kept[0]);
    else {
      for (const piece of kept) receiver.take(piece);
      if (this.#ended) receiver.end();
      else if (!receiver.isFull) this.#controller?.resume();
    }
    return receiver.bytes;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#brokeOff !== null) controller.abort(new Error('The call was let go.'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    // What an upstream says before its answer is for the hop before it.
    if (status < 200) return;
    const headers = (controller.rawHeaders as (Buffer | string)[]).map((text) =>
      typeof text === 'string' ? text : text.toString('latin1'),
    );
    this.#answered({ ok: true, status, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#receiver === null) {
      this.#kept.push(piece);
      this.#keptBytes += piece.length;
      if (this.#keptBytes > keptBytesMax) controller.pause();
    } else {
      this.#receiver.take(piece);
      if (this.#receiver.isFull) controller.pause();
    }
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#receiver?.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#brokeOff = error;
    const late = error instanceof errors.ConnectTimeoutError;
    this.#answered({ ok: false, failure: late ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE' });
    this.#receiver?.brokenOff();
  }

  get #isOver(): boolean {
    return this.#ended || this.#brokeOff !== null;
  }

  #answered(answer: UpstreamAnswer): void {
    clearTimeout(this.#timer);
    if (this.#sent !== null) {
      this.#sent.onPiece = () => {};
      if (!answer.ok) this.#sent.destroy();
    }
    this.#settle(answer);
  }
}

/** The caller's answer, as an upstream's body goes into it. */
class Receiver {
  /** How many there were, once the answer is out or has broken off. */
  readonly bytes: Promise<number>;
  readonly #response: ServerResponse;
  readonly #timeoutMs: number;
  #bytes = 0;
  #isWatched = false;

  /** @param onDrained there is room again */
  constructor(response: ServerResponse, timeoutMs: number, onDrained: () => void) {
    this.#response = response;
    this.#timeoutMs = timeoutMs;
    this.bytes = new Promise((resolve) => {
      if (response.destroyed) resolve(0);
      else response.once('close', () => resolve(this.#bytes));
    });
    response.on('drain', onDrained);
  }

  get isFull(): boolean {
    return this.#response.writableNeedDrain;
  }

  take(piece: Buffer): void {
    this.#bytes += piece.length;
    if (!this.#response.write(piece)) this.#watch();
  }

  end(last?: Buffer): void {
    this.#bytes += last?.length ?? 0;
    this.#response.end(last);
    if (this.#response.writableLength > 0) this.#watch();
  }

  /** The status is out, so all that is left to say is that the answer is not whole. */
  brokenOff(): void {
    this.#response.destroy();
  }

  /** Who takes nothing for so long holds a connection that others wait for. */
  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    this.#response.setTimeout(this.#timeoutMs, () => this.#response.destroy());
  }
}
