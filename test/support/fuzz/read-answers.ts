import type { Json } from '../latchkey.js';

/** An answer as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  /** By lower-case name; repeated lines joined with a comma and a space. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** The body as JSON, or `undefined` if it is none. */
  readonly json: Json;
  readonly raw: string;
  /** Whether it says that its connection ends with it. */
  readonly closes: boolean;
}

/**
 * Reads the next answer off what has come, as strictly as HTTP/1.1 allows: whatever stands between answers, or is none, throws.
 *
 * @param received Latin-1
 * @param method of the request that it answers
 * @param isEnd whether nothing more will come
 * @returns the answer and what follows it, or `null` while it is not complete
 */
export function readAnswer(
  received: string,
  method: string,
  isEnd: boolean,
): { readonly answer: WireAnswer; readonly rest: string } | null {
  if (!'HTTP/1.1 '.startsWith(received.slice(0, 9))) throw notAnAnswer(received);
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine = '', ...lines] = received.slice(0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) throw notAnAnswer(received);
  const after = received.slice(headEnd + 4);
  if (status < 200) return readAnswer(after, method, isEnd); // 100 Continue: the answer itself is still to come
  const headers = readHeaderLines(lines);
  const hasBody = method !== 'HEAD' && status !== 204 && status !== 304;
  const body = hasBody ? readBody(after, headers, isEnd) : { bytes: '', length: 0 };
  if (body === null) return null;
  const raw = received.slice(0, headEnd + 4 + body.length);
  const text = Buffer.from(body.bytes, 'latin1').toString('utf8');
  const closes = headers.get('connection')?.toLowerCase() === 'close';
  const answer = { status, headers, text, json: jsonOrUndefined(text), raw, closes };
  return { answer, rest: after.slice(body.length) };
}

function readHeaderLines(lines: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([^\0\r\n]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw notAnAnswer(line);
    const folded = name.toLowerCase();
    const before = headers.get(folded);
    headers.set(folded, before === undefined ? value : `${before}, ${value}`);
  }
  if (headers.has('content-length') && headers.has('transfer-encoding')) {
    throw notAnAnswer(lines.join('\r\n'));
  }
  return headers;
}

/** @returns the body and how many bytes of the connection it took, or `null` while it is not complete */
function readBody(
  after: string,
  headers: ReadonlyMap<string, string>,
  isEnd: boolean,
): { readonly bytes: string; readonly length: number } | null {
  const length = headers.get('content-length');
  if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw notAnAnswer(`Content-Length: ${length}`);
    const size = Number(length);
    return after.length < size ? null : { bytes: after.slice(0, size), length: size };
  }
  if (headers.get('transfer-encoding') === 'chunked') return readChunks(after);
  return isEnd ? { bytes: after, length: after.length } : null;
}

function readChunks(after: string): { readonly bytes: string; readonly length: number } | null {
  let at = 0;
  let bytes = '';
  for (;;) {
    const lineEnd = after.indexOf('\r\n', at);
    if (lineEnd === -1) return null;
    const line = after.slice(at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(line)) throw notAnAnswer(line);
    const size = Number.parseInt(line, 16);
    const end = lineEnd + 2 + size;
    if (after.length < end + 2) return null;
    if (after.slice(end, end + 2) !== '\r\n') throw notAnAnswer(after.slice(at, end + 2));
    bytes += after.slice(lineEnd + 2, end);
    at = end + 2;
    if (size === 0) return { bytes, length: at };
  }
}

function notAnAnswer(what: string): Error {
  return new Error(`What came back is no HTTP/1.1 answer: ${JSON.stringify(what.slice(0, 500))}`);
}

function jsonOrUndefined(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
