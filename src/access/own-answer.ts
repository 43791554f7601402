import type { ServerResponse } from 'node:http';
import type { HeldCredential } from '../core/ports.js';
import type { Arrival } from './arrival.js';
import { retiringHeaders } from './retiring-headers.js';

/** JSON as it is sent. */
export interface AnswerText {
  readonly text: string;
  /** How long it is: told in the row and in the answer, so counted once. */
  readonly bytes: number;
}

export interface OwnAnswer extends AnswerText {
  readonly status: number;
  /** Beside those that every answer of ours has. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function answerText(body: object): AnswerText {
  const text = JSON.stringify(body);
  return { text, bytes: Buffer.byteLength(text) };
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
  // As text, it leaves in one piece with its headers.
  response.end(method === 'HEAD' ? undefined : text);
}
