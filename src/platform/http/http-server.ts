import {
  createServer,
  STATUS_CODES,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  type Server,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { newCallId } from '../../core/ids.js';
import {
  otherAnswer,
  type ErrorAnswer,
  type ErrorEnvelope,
  type OtherReason,
} from '../errors/envelope.js';
import { writeErrorAnswer } from './write-answer.js';

/** Bytes of request line and headers together. */
const headerBytesMax = 16 * 1024;
/** Node drops lines beyond its own limit without a word; so it has none, and they are counted here. */
const headerLinesMax = 256;
/** How long a refused connection may still be read from, so that what was said to it is not lost in a reset. */
const lingerMs = 1_000;

/** Milliseconds that a connection may take for things. */
export interface ConnectionTimeouts {
  /** Until the last header is there. */
  readonly headers: number;
  /** Until the last byte of the body is there. */
  readonly request: number;
  /** Between an answer and the next request. */
  readonly keepAlive: number;
  /** Between two looks for connections that take too long. */
  readonly check: number;
}

/** Told of each request that never became a call, and from where it came, unless the peer has gone. */
export type OnRefused = (
  reason: ErrorEnvelope['reason'],
  remoteAddress: string | undefined,
) => void;

const usualTimeouts: ConnectionTimeouts = {
  headers: 20_000,
  request: 300_000,
  keepAlive: 10_000,
  check: 2_000,
};

/** The answer that is being given on a connection, or was given last. */
const answers = new WeakMap<Duplex, ServerResponse>();
/** Connections on which a request was refused. Where it ended is uncertain, so nothing after it is taken for a request. */
const refused = new WeakSet<Duplex>();

/**
 * An HTTP server whose every refusal is the error envelope: also for what Node's parser refuses or lets through by itself
 * (more than one Host, a Transfer-Encoding that is not exactly `chunked`, CONNECT, a foreign Expect).
 */
export function createHttpServer(
  listener: RequestListener,
  onRefused: OnRefused,
  timeouts = usualTimeouts,
): Server {
  const server = createServer({
    maxHeaderSize: headerBytesMax,
    requireHostHeader: false,
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    keepAliveTimeout: timeouts.keepAlive,
    connectionsCheckingInterval: timeouts.check,
  });
  server.maxHeadersCount = 0;
  const refuse = (request: IncomingMessage, response: ServerResponse, answer: ErrorAnswer) => {
    onRefused(answer.body.reason, request.socket.remoteAddress);
    answerRefused(request, response, answer);
  };
  server.on('connection', closeGently);
  const take = (
    request: IncomingMessage,
    response: ServerResponse,
    goOn = (): void => {},
  ): void => {
    if (refused.has(request.socket)) return;
    const before = answers.get(request.socket);
    answers.set(request.socket, response);
    const answer = refusal(request);
    if (answer !== null) return refuse(request, response, answer);
    inTurn(before, request, () => {
      goOn();
      listener(request, response);
    });
  };
  server.on('request', (request, response) => take(request, response));
  // Node would say `100 Continue` at once. Where that is before its turn, a refusal then has it in the middle of its body.
  server.on('checkContinue', (request, response) =>
    take(request, response, () => response.writeContinue()),
  );
  server.on('checkExpectation', (request, response) => {
    if (refused.has(request.socket)) return;
    const message = 'The only expectation that can be met is 100-continue.';
    refuse(request, response, refusal(request) ?? notACall('EXPECTATION_FAILED', message));
  });
  server.on('connect', (request, socket) => {
    // Node has taken its own listeners off: without one, a reset would end the process.
    socket.on('error', () => socket.destroy());
    const answer = notACall('REQUEST_MALFORMED', 'This is no proxy: CONNECT is not available.');
    onRefused(answer.body.reason, request.socket.remoteAddress);
    // Without those listeners an answer under way comes to no end, and this one must not stand in its place.
    if (isAnswering(socket)) socket.destroy();
    else endWith(socket, answer);
  });
  return server;
}

/**
 * Requests that are sent at once on one connection are taken one after the other: Node would hand them all over, and for
 * those that wait for their turn to be answered it never says that the caller has gone.
 */
function inTurn(
  before: ServerResponse | undefined,
  { socket }: IncomingMessage,
  take: () => void,
): void {
  if (before === undefined || before.closed) return take();
  before.once('close', () => {
    if (!socket.destroyed) take();
  });
}

/**
 * A connection that is closed while its caller still sends is reset, and the answer may be lost with it: whoever is refused
 * before the end of a body is read from for a while longer.
 */
function closeGently(socket: Socket): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (answers.get(socket)?.req.complete === false) endLingering(socket);
    else destroySoon();
  };
}

/** For `clientError`: the parser refused what came, so there is a socket and no request. */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Socket,
  onRefused: OnRefused,
): void {
  // Answered already: what else comes is of no interest.
  if (refused.has(socket) || socket.writableEnded) return;
  // The last request of this connection was read whole. What follows it is not read, and costs it no answer (RFC 9112 §9.6).
  if (error.code === 'HPE_CLOSED_CONNECTION') return;
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const answer = clientErrorAnswer(error.code);
  // Where a body broke, what came is a call already.
  if (answers.get(socket)?.writableFinished ?? true)
    onRefused(answer.body.reason, socket.remoteAddress);
  endWith(socket, answer);
}

/**
 * Whether what is written now would end up inside an answer, or in the place of one: a body can break while its call is
 * being answered, and a second request before the first one has its answer.
 */
function isAnswering(socket: Duplex): boolean {
  const answer = answers.get(socket);
  if (answer === undefined || answer.writableFinished) return false;
  const isWaiting = answer.socket === null;
  return isWaiting || answer.headersSent || answer.req.complete;
}

/** Answers, and closes the connection. */
function answerRefused(
  request: IncomingMessage,
  response: ServerResponse,
  answer: ErrorAnswer,
): void {
  refused.add(request.socket);
  response.shouldKeepAlive = false;
  writeErrorAnswer(response, answer, request.method);
}

function clientErrorAnswer(code: string | undefined): ErrorAnswer {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return notACall(
        'HEADERS_TOO_LARGE',
        `The request line and headers are larger than ${headerBytesMax} bytes together.`,
      );
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return notACall('REQUEST_TIMEOUT', 'The request took too long to arrive.');
    default:
      return notACall('REQUEST_MALFORMED', 'This is not a well-formed HTTP request.');
  }
}

function refusal({ rawHeaders, headers, httpVersion }: IncomingMessage): ErrorAnswer | null {
  if (rawHeaders.length > headerLinesMax * 2) {
    return notACall(
      'HEADERS_TOO_LARGE',
      `The request has more than ${headerLinesMax} header lines.`,
    );
  }
  // Node would take HTTP/0.9, which has no headers, and a request line that says HTTP/2.0.
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    return notACall('REQUEST_MALFORMED', 'What is spoken here is HTTP/1.1 and HTTP/1.0.');
  }
  const hosts = hostLinesOf(rawHeaders);
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    return notACall('REQUEST_MALFORMED', 'A request names its host in exactly one Host header.');
  }
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    const message = 'The only transfer encoding that is taken is chunked, in HTTP/1.1.';
    return notACall('REQUEST_MALFORMED', message);
  }
  return null;
}

function hostLinesOf(rawHeaders: readonly string[]): number {
  let lines = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length === 4 && name.toLowerCase() === 'host') lines += 1;
  }
  return lines;
}

function notACall(reason: OtherReason, message: string): ErrorAnswer {
  return otherAnswer(reason, message, newCallId(Date.now() * 4096));
}

function endWith(socket: Duplex, answer: ErrorAnswer): void {
  const body = JSON.stringify(answer.body);
  const headers = {
    ...answer.headers,
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // Nobody else listens any more: without this, a reset would end the process.
  socket.on('error', () => socket.destroy());
  socket.resume();
  endLingering(
    socket,
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`,
  );
}

function endLingering(socket: Duplex, lastWords = ''): void {
  const linger = setTimeout(() => socket.destroy(), lingerMs).unref();
  socket.once('close', () => clearTimeout(linger));
  socket.end(lastWords);
}
