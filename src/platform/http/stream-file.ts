import { pipeline, type Readable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptsGzip } from './accepts-gzip.js';

/** Milliseconds for which a reader may take nothing before it counts as gone. */
const stallMsMax = 60_000;

/** What was handed over goes out: a little that is said to keep a reader waiting must not wait for more. */
const asItComes = { flush: constants.Z_SYNC_FLUSH };

/** Of a file that is made for whoever asks for it, and compressed if they want it. */
export function fileHeaders(mediaType: string): Readonly<Record<string, string>> {
  return { 'Content-Type': mediaType, 'Cache-Control': 'no-store', Vary: 'Accept-Encoding' };
}

/** Answers with a file at the pace of its reader. Its headers are set already. */
export function streamFile(request: FastifyRequest, reply: FastifyReply, body: Readable): void {
  const { raw } = reply;
  raw.setTimeout(stallMsMax, () => {
    // What is rare takes long to find, and then there is nothing that the reader could take.
    const isTaken = raw.writableLength === 0 && (raw.socket?.writableLength ?? 0) === 0;
    if (isTaken) raw.socket?.setTimeout(stallMsMax);
    else raw.destroy();
  });
  if (!acceptsGzip(request.headers['accept-encoding'])) return void reply.send(body);
  void reply.header('Content-Encoding', 'gzip');
  // Whichever end breaks takes the other with it; Fastify closes the connection.
  void reply.send(pipeline(body, createGzip(asItComes), () => {}));
}
