import { connect, type Socket } from 'node:net';
import { refuseSecrets, secretsIn } from './met-secrets.js';

const patienceMs = 5_000;

/** A TCP connection that a test speaks on byte by byte. Characters up to U+00FF are one byte each. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that has come back. */
  received(): string;
  /** Resolves when the bytes have been handed on. */
  write(bytes: string | Uint8Array): Promise<void>;
  /** Waits for something to come back, or throws what came instead. */
  until(pattern: RegExp): Promise<string>;
  /** Waits for the other side to close. @returns everything that came back */
  untilClosed(): Promise<string>;
  /** Closes with a reset, as a process does that dies. */
  reset(): void;
}

/** @param options `allowHalfOpen`: does not close when the other side does */
export async function openConnection(
  origin: string,
  options: { allowHalfOpen?: boolean } = {},
): Promise<RawConnection> {
  const { hostname, port } = new URL(origin);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  let text = '';
  let closed = false;
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('end', () => (closed = true));
  socket.on('close', () => (closed = true));
  // A reset shows as a close.
  socket.on('error', () => {});
  const wait = async (what: string, done: () => boolean): Promise<string> => {
    const until = performance.now() + patienceMs;
    while (!done()) {
      if (performance.now() > until) throw new Error(`${what} did not come, but ${text}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    refuseSecrets(secretsIn('what came back', text));
    return text;
  };
  return {
    socket,
    received: () => text,
    write: (bytes) =>
      new Promise((resolve) => {
        const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
        socket.write(buffer, () => resolve());
      }),
    until: (pattern) => wait(String(pattern), () => pattern.test(text)),
    untilClosed: () => wait('The end', () => closed),
    reset: () => void socket.resetAndDestroy(),
  };
}
