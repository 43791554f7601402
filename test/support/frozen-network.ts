import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A network in front of a server that can stop carrying anything, without a word to either side. */
export interface FrozenNetwork {
  /** The server's URL, by way of this network. */
  readonly url: string;
  freeze(): void;
  /** Carries what is new, and nothing of the connections that froze: the server moved, say. */
  admitNew(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startFrozenNetwork(serverUrl: string): Promise<FrozenNetwork> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let frozen = false;
  const server = createServer({ pauseOnConnect: true }, (inside) => {
    const outside = connect(Number(target.port || 5432), target.hostname);
    for (const [from, to] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes: Buffer) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (frozen) from.pause();
      else from.resume();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    admitNew: () => {
      frozen = false;
    },
    thaw: () => {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
