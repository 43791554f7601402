import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const pauseMs = 2;

/** A TCP connection that gathers what comes back, and on which one waits for events instead of looking again and again. */
export class PatientSocket {
  /** What came back and was not taken yet, as Latin-1. */
  received = '';
  closed = false;
  readonly #socket;
  #wake = (): void => {};

  private constructor(origin: string) {
    const { hostname, port } = new URL(origin);
    this.#socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.#socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.#wake();
    });
    for (const event of ['end', 'close'] as const) {
      this.#socket.on(event, () => {
        this.closed = true;
        this.#wake();
      });
    }
    // A reset shows as a close.
    this.#socket.on('error', () => {});
  }

  static async open(origin: string): Promise<PatientSocket> {
    const opened = new PatientSocket(origin);
    await new Promise<void>((resolve, reject) => {
      opened.#socket.once('connect', resolve);
      opened.#socket.once('error', reject);
    });
    return opened;
  }

  async write(pieces: readonly string[]): Promise<void> {
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await sleep(pauseMs);
      if (this.closed) return;
      this.#socket.write(piece, 'latin1');
    }
  }

  /** Waits until something is so, or for this long. @returns whether it is so */
  async until(isSo: () => boolean, milliseconds: number): Promise<boolean> {
    const until = performance.now() + milliseconds;
    while (!isSo()) {
      const left = until - performance.now();
      if (left <= 0) return false;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return true;
  }

  /** Says that nothing more will be sent. */
  finish(): void {
    this.#socket.end();
  }

  /** Closes with a reset once everything is handed on, as a process does that dies. */
  async reset(): Promise<void> {
    if (!this.closed) await new Promise<void>((resolve) => this.#socket.write('', () => resolve()));
    this.#socket.resetAndDestroy();
  }

  discard(): void {
    this.#socket.destroy();
  }
}
