import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What reached an upstream: the target byte for byte, and the header lines as they were sent. */
export interface RecordedCall {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A real HTTP server that writes down every call that reaches it. */
export interface RecordingUpstream {
  readonly url: string;
  readonly server: Server;
  readonly calls: RecordedCall[];
  close(): Promise<void>;
}

type Respond = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const sayOk: Respond = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end('{"ok":true}');
};

/** @param respond what it answers; 200 unless given. The call is written down before. */
export async function startUpstream(respond: Respond = sayOk): Promise<RecordingUpstream> {
  const calls: RecordedCall[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { method = '', url = '', rawHeaders, headers } = request;
      calls.push({ method, url, rawHeaders: [...rawHeaders], headers, body });
      respond(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    calls,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
