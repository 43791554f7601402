import type { Server } from 'node:http';

/** How long requests under way may take to finish when Latchkey stops. Docker, for one, kills after ten seconds. */
const drainMs = 5_000;

/** @param close closes these servers, and waits for their last connection; what is still open after a while is cut off */
export async function drain(
  servers: readonly Server[],
  close: () => Promise<unknown>,
): Promise<void> {
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, drainMs);
  try {
    await close();
  } finally {
    clearTimeout(timer);
  }
}
