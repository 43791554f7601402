import type { IncomingMessage, ServerResponse } from 'node:http';
import { startHttpServer, type HttpServer } from './http-server.js';

/** What reached an upstream: the target byte for byte, and the header lines as they were sent. */
export interface RecordedCall {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server that writes down every call that reaches it. */
export interface RecordingUpstream extends HttpServer {
  readonly calls: RecordedCall[];
}

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const sayOk: Respond = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"ok":true}');
};

/** @param respond what it answers; 200 unless given. The call is written down before. */
export async function startUpstream(respond: Respond = sayOk): Promise<RecordingUpstream> {
  const calls: RecordedCall[] = [];
  const http = await startHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method = '', url = '', rawHeaders, headers } = request;
      calls.push({ method, url, rawHeaders: [...rawHeaders], headers, body });
      respond(request, response, body);
    });
  });
  return { ...http, calls };
}
