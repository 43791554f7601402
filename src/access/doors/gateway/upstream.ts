import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, errors, type Dispatcher } from 'undici';
import type { UpstreamFailure } from '../../../core/call.js';
import type { ForwardedBody } from './forwarded-body.js';

const connectTimeoutMs = 10_000;
const keepAliveTimeoutMs = 4_000;
const connectionsPerOriginMax = 512;
/** Bytes of an upstream's response headers. */
const headerBytesMax = 64 * 1024;

export interface UpstreamCall {
  readonly origin: string;
  /** Path and query, sent byte for byte. */
  readonly path: string;
  readonly method: string;
  /** Names and values in turn. */
  readonly headers: string[];
  readonly body: ForwardedBody | null;
  /** Milliseconds from the last piece of the body to the upstream's headers, and between two pieces of its answer. */
  readonly timeoutMs: number;
}

export type UpstreamAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: readonly string[];
      readonly body: Dispatcher.ResponseData['body'];
    }
  | { readonly ok: false; readonly failure: UpstreamFailure };

/** Connections to the upstreams, kept alive and shared by all calls. It never retries: a call reaches the upstream at most once. */
@Injectable()
export class Upstream implements OnApplicationShutdown {
  readonly #agent = new Agent({
    connections: connectionsPerOriginMax,
    connect: { timeout: connectTimeoutMs },
    keepAliveTimeout: keepAliveTimeoutMs,
    maxHeaderSize: headerBytesMax,
    pipelining: 1,
  });

  /** @param abort whoever called has it fire with `CLIENT_CLOSED` when the caller has gone */
  async send(call: UpstreamCall, abort: AbortController): Promise<UpstreamAnswer> {
    const timer = setTimeout(() => abort.abort('UPSTREAM_TIMEOUT'), call.timeoutMs);
    // A long upload is no slow upstream.
    if (call.body !== null) call.body.onPiece = () => timer.refresh();
    try {
      const response = await unlessAborted(
        abort.signal,
        this.#agent.request({
          origin: call.origin,
          path: call.path,
          method: call.method as Dispatcher.HttpMethod,
          headers: call.headers,
          body: call.body,
          // The body may take as long as it flows; the timer ends with the headers.
          headersTimeout: 0,
          bodyTimeout: call.timeoutMs,
          responseHeaders: 'raw',
          signal: abort.signal,
        }),
      );
      const headers = response.headers as unknown as string[];
      return { ok: true, status: response.statusCode, headers, body: response.body };
    } catch (error) {
      if (abort.signal.aborted)
        return { ok: false, failure: abort.signal.reason as UpstreamFailure };
      const late = error instanceof errors.ConnectTimeoutError;
      return { ok: false, failure: late ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNREACHABLE' };
    } finally {
      if (call.body !== null) call.body.onPiece = () => {};
      clearTimeout(timer);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#agent.close();
  }
}

/** undici hears of an abort once a call has a connection; one that still waits for its turn has to be let go here. */
function unlessAborted(
  signal: AbortSignal,
  asking: Promise<Dispatcher.ResponseData>,
): Promise<Dispatcher.ResponseData> {
  return new Promise((resolve, reject) => {
    const letGo = (): void => {
      reject(new Error('The call was let go.'));
      asking.then(
        ({ body }) => body.on('error', () => {}).destroy(),
        () => {},
      );
    };
    signal.addEventListener('abort', letGo, { once: true });
    asking.then(resolve, reject).finally(() => signal.removeEventListener('abort', letGo));
  });
}
