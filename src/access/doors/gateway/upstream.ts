import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, type Dispatcher } from 'undici';
import { Exchange } from './exchange.js';
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

  /** Sends it as soon as there is a connection. */
  send({ origin, path, method, headers, body, timeoutMs }: UpstreamCall): Exchange {
    const exchange = new Exchange(body, timeoutMs);
    const options: Dispatcher.DispatchOptions = {
      origin,
      path,
      method: method as Dispatcher.HttpMethod,
      headers,
      body,
      // The body may take as long as it flows; the exchange's own timer ends with the headers.
      headersTimeout: 0,
      bodyTimeout: timeoutMs,
    };
    this.#agent.dispatch(options, exchange);
    return exchange;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#agent.close();
  }
}
