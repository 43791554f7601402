import { sweepAnswer } from './swept-answers.js';

// oxlint-disable-next-line typescript/no-explicit-any -- what a JSON answer holds is for each test to expect
export type Json = any;

export interface AskOptions {
  readonly secret?: string;
  /** The `Cookie` of somebody who is signed in, sent as a page of the console would. */
  readonly session?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or `undefined` if it is none. */
  readonly json: Json;
}

/** One request over real HTTP, read to its end (a stream of events to its first), and its answer looked through for secrets. */
export async function send(
  origin: string,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { secret, session, headers = {}, body } = options;
  const isText = typeof body === 'string';
  const sent = {
    headers: {
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      ...(session !== undefined && { cookie: session, origin }),
      ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
  };
  const response = await fetch(origin + path, { method, redirect: 'manual', ...sent });
  const text = isStream(response) ? await firstOf(response) : await response.text();
  const { status } = response;
  const answer = { status, headers: response.headers, text, json: jsonOrUndefined(text) };
  const lines = Object.entries<string>(sent.headers).map(([name, value]) => `${name}: ${value}`);
  sweepAnswer([`${method} ${path}`, ...lines, sent.body].join('\n'), answer);
  return answer;
}

function isStream({ headers }: Response): boolean {
  return headers.get('content-type') === 'text/event-stream';
}

/** What comes first of an answer without an end. Nobody waits for more. */
async function firstOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return Buffer.from(first?.value ?? []).toString();
}

function jsonOrUndefined(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
