import type { Readable } from 'node:stream';

/** Counts what is read from a stream, without reading it. @returns asks for the bytes so far */
export function countBytes(stream: Readable): () => number {
  let bytes = 0;
  const push = stream.push.bind(stream);
  stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (chunk instanceof Uint8Array) bytes += chunk.length;
    return push(chunk, encoding);
  };
  return () => bytes;
}
