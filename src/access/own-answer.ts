import type { ServerResponse } from 'node:http';
import type { HeldCredential } from '../core/ports.js';
import type { AnswerText } from '../platform/http/write-answer.js';
import type { Arrival } from './arrival.js';
import { retiringHeaders } from './retiring-headers.js';

export interface OwnAnswer extends AnswerText {
  readonly status: number;
  /** Beside those that every answer of ours has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers a call to Latchkey itself. @param credential of the caller, who is told if its secret retires */
export function writeOwnAnswer(
  response: ServerResponse,
  { id, at, method }: Arrival,
  credential: HeldCredential | null,
  { status, headers, text, bytes }: OwnAnswer,
): void {
  const all: Record<string, string> = {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Correlation-Id': id,
    'Content-Length': String(bytes),
  };
  // Nearly every answer has no others.
  const retiring = retiringHeaders(credential, at);
  if (retiring !== null) Object.assign(all, retiring);
  if (headers !== undefined) Object.assign(all, headers);
  response.writeHead(status, all);
  response.end(method === 'HEAD' ? undefined : text);
}
