import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * The caller's body on its way to the upstream.
 *
 * When an upstream fails, or answers before it has read everything, undici destroys what it was sending. That must not be
 * the request: with it goes the caller's connection, and with that the way to answer. So the request is read through this,
 * and what nobody wants any more is read and thrown away. A caller that breaks off is noticed by its connection, not here.
 */
export class ForwardedBody extends Readable {
  /** Told of each piece the caller sends. */
  onPiece: () => void = () => {};
  #bytes = 0;

  constructor(private readonly request: IncomingMessage) {
    super();
    request.on('data', this.#take).on('end', this.#end);
  }

  /** Bytes of the body so far, without the framing of chunks. */
  get bytes(): number {
    return this.#bytes;
  }

  override _read(): void {
    this.request.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.request.off('data', this.#take).off('end', this.#end);
    this.request.resume();
    done(error);
  }

  readonly #take = (piece: Buffer): void => {
    this.#bytes += piece.length;
    this.onPiece();
    if (!this.push(piece)) this.request.pause();
  };

  readonly #end = (): void => {
    this.push(null);
  };
}
