import type { ServerResponse } from 'node:http';
import type { HeldCredential } from '../core/ports.js';
import type { Arrival } from './arrival.js';
import { retiringHeaders } from './retiring-headers.js';

export interface OwnAnswer {
  readonly status: number;
  /** Beside those that every answer of ours has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON. */
  readonly text: Buffer;
}

/** Answers a call to Latchkey itself. @param credential of the caller, who is told if its secret retires */
export function writeOwnAnswer(
  response: ServerResponse,
  { id, at, method }: Arrival,
  credential: HeldCredential | null,
  { status, headers, text }: OwnAnswer,
): void {
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Correlation-Id': id,
    ...retiringHeaders(credential, at),
    ...headers,
    'Content-Length': String(text.length),
  });
  response.end(method === 'HEAD' ? undefined : text);
}
