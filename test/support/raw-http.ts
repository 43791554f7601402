import { connect } from 'node:net';
import type { Json } from './latchkey.js';
import { sweepAnswer } from './swept-answers.js';

export type HeaderLine = readonly [name: string, value: string];

export interface RawRequest {
  readonly method?: string;
  /** The request target, sent byte for byte (characters up to U+00FF are one byte each). */
  readonly target: string;
  /** Sent as they are, in this order. A `Host` line goes before them. */
  readonly headers?: readonly HeaderLine[];
  readonly body?: string;
  /** The loopback address to call from, such as `127.0.0.5`. */
  readonly from?: string;
}

export interface RawAnswer {
  readonly status: number;
  /** By lower-case name; repeated lines joined with a comma and a space. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  /** The body as JSON, or `undefined` if it is none. */
  readonly json: Json;
  /** Every byte that came back. */
  readonly raw: string;
}

/** Sends one request over a TCP connection of its own, without anything that would tidy it up. */
export function sendRaw(origin: string, request: RawRequest): Promise<RawAnswer> {
  const { method = 'GET', target, headers = [], body = '' } = request;
  const { host } = new URL(origin);
  const lines: HeaderLine[] = [['Host', host], ...headers, ['Connection', 'close']];
  if (body !== '') lines.push(['Content-Length', String(Buffer.byteLength(body))]);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const bytes = [
    Buffer.from(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, 'latin1'),
    Buffer.from(body),
  ];
  return sendBytes(origin, Buffer.concat(bytes), request.from);
}

/** Sends these very bytes and reads until the other side closes. What comes back is looked through for secrets. */
export async function sendBytes(
  origin: string,
  bytes: Uint8Array,
  from?: string,
): Promise<RawAnswer> {
  const answer = readAnswer(await exchange(origin, bytes, from));
  sweepAnswer(Buffer.from(bytes).toString('latin1'), answer);
  return answer;
}

/** @returns every byte that came back */
function exchange(origin: string, bytes: Uint8Array, from?: string): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port),
      ...(from !== undefined && { localAddress: from }),
    });
    const finish = (): void => {
      const raw = Buffer.concat(chunks).toString('latin1');
      if (raw.startsWith('HTTP/1.1 ')) resolve(raw);
      else reject(new Error(`No HTTP answer came back: ${JSON.stringify(raw.slice(0, 200))}`));
    };
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', finish);
    // A server that refuses early may reset the connection once it has answered.
    socket.on('error', (error) => (chunks.length > 0 ? finish() : reject(error)));
    socket.write(bytes);
  });
}

function readAnswer(raw: string): RawAnswer {
  const end = raw.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = raw.slice(0, end).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  const body = raw.slice(end + 4);
  const bytes = headers.get('transfer-encoding') === 'chunked' ? unchunk(body) : body;
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return {
    status: Number(statusLine.split(' ')[1]),
    headers,
    text,
    json: jsonOrUndefined(text),
    raw,
  };
}

function unchunk(body: string): string {
  let rest = body;
  let text = '';
  for (;;) {
    const lineEnd = rest.indexOf('\r\n');
    const size = Number.parseInt(rest.slice(0, lineEnd), 16);
    if (!(size > 0)) return text;
    text += rest.slice(lineEnd + 2, lineEnd + 2 + size);
    rest = rest.slice(lineEnd + 2 + size + 2);
  }
}

function jsonOrUndefined(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
