import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A server that does with each connection what a test says, HTTP or not. */
export interface TcpServer {
  readonly url: string;
  /** What came in, one text per connection. */
  readonly received: string[];
  close(): Promise<void>;
}

/**
 * @param onData told of each piece that comes: everything that has come on this connection, the connection, and which one it is,
 * counted from 0
 */
export async function startTcpServer(
  onData: (received: string, socket: Socket, connection: number) => void,
): Promise<TcpServer> {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = received.push('') - 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // The other side may go at any time.
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      const text = received[connection] + chunk.toString('latin1');
      received[connection] = text;
      onData(text, socket, connection);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
