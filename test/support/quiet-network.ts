import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A network in front of PostgreSQL that loses every notification, and nothing else. */
export interface QuietNetwork {
  /** The server's URL, by way of this network. */
  readonly url: string;
  /** How many notifications were lost so far. */
  readonly lost: number;
  close(): Promise<void>;
}

const notification = 'A'.charCodeAt(0);
/** A message of the server's is its type, and the length of what follows with these four bytes. */
const typeBytes = 1;
const lengthBytes = 4;

export async function startQuietNetwork(serverUrl: string): Promise<QuietNetwork> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let lost = 0;
  const server = createServer((inside) => {
    const outside = connect(Number(target.port || 5432), target.hostname);
    inside.on('data', (bytes: Buffer) => outside.write(bytes));
    let pending = Buffer.alloc(0);
    outside.on('data', (bytes: Buffer) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        if (pending.length < typeBytes + lengthBytes) return;
        const end = typeBytes + pending.readInt32BE(typeBytes);
        if (pending.length < end) return;
        if (pending[0] === notification) lost += 1;
        else inside.write(pending.subarray(0, end));
        pending = pending.subarray(end);
      }
    });
    for (const [one, other] of [
      [inside, outside],
      [outside, inside],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    get lost() {
      return lost;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
