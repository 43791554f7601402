import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A network in front of PostgreSQL that can break, and be mended. */
export interface BreakingNetwork {
  /** The server's URL, by way of this network. */
  readonly url: string;
  /** Ends every connection, and refuses new ones. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** Carries the next COMMIT to the server, and breaks its connection when the server has answered. */
  loseNextCommitAnswer(): void;
  close(): Promise<void>;
}

export async function startBreakingNetwork(serverUrl: string): Promise<BreakingNetwork> {
  const target = new URL(serverUrl);
  const sockets = new Set<Socket>();
  let losesAnswer = false;
  const server = createServer((inside) => {
    const outside = connect(Number(target.port || 5432), target.hostname);
    let answerIsLost = false;
    inside.on('data', (bytes: Buffer) => {
      if (losesAnswer && bytes.includes('COMMIT')) [losesAnswer, answerIsLost] = [false, true];
      outside.write(bytes);
    });
    outside.on('data', (bytes: Buffer) => {
      if (answerIsLost) inside.destroy();
      else inside.write(bytes);
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
  const listen = (port: number): Promise<void> =>
    new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const url = new URL(serverUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    cut: stop,
    mend: () => listen(port),
    loseNextCommitAnswer: () => {
      losesAnswer = true;
    },
    close: stop,
  };
}
