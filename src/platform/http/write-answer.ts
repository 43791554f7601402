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
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(bytes) });
  response.end(method === 'HEAD' ? undefined : text);
}
