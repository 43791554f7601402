import type { ServerResponse } from 'node:http';
import type { ErrorAnswer } from '../errors/envelope.js';

/** The bytes of an error's envelope. */
export function errorBody(answer: ErrorAnswer): Buffer {
  return Buffer.from(JSON.stringify(answer.body));
}

/** Writes an error as the whole of an answer. */
export function writeErrorAnswer(
  response: ServerResponse,
  answer: ErrorAnswer,
  method: string | undefined,
  body: Buffer = errorBody(answer),
): void {
  response.writeHead(answer.status, { ...answer.headers, 'Content-Length': String(body.length) });
  response.end(method === 'HEAD' ? undefined : body);
}
