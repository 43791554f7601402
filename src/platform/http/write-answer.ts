import type { ServerResponse } from 'node:http';
import type { ErrorAnswer } from '../errors/envelope.js';

/** JSON as it is sent: as text, because that leaves in one piece with the headers. */
export interface AnswerText {
  readonly text: string;
  /** How long it is: told in the row and in the answer, so counted once. */
  readonly bytes: number;
}

export function answerText(body: object): AnswerText {
  const text = JSON.stringify(body);
  return { text, bytes: Buffer.byteLength(text) };
}

/** Writes an error as the whole of an answer. */
export function writeErrorAnswer(
  response: ServerResponse,
  answer: ErrorAnswer,
  method: string | undefined,
  { text, bytes }: AnswerText = answerText(answer.body),
): void {
  const headers: Record<string, string> = { 'Content-Length': String(bytes) };
  // Not a copy with one more: V8 makes the shape of that anew for each answer.
  response.writeHead(answer.status, Object.assign(headers, answer.headers));
  response.end(method === 'HEAD' ? undefined : text);
}
