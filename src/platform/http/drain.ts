import type { Server } from 'node:http';

/** How long requests under way may take to finish when Latchkey stops. Docker, for one, kills after ten seconds. */
const drainMs = 5_000;
const lookMs = 50;

/** @param close closes these servers, and waits for their last connection; what is still busy after a while is cut off */
export async function drain(
  servers: readonly Server[],
  close: () => Promise<unknown>,
): Promise<void> {
  // Node ends the connections that are idle when it is told to close, and lets those go on that become idle later.
  const looking = setInterval(() => {
    for (const server of servers) server.closeIdleConnections();
  }, lookMs);
  const timer = setTimeout(() => {
    for (const server of servers) server.closeAllConnections();
  }, drainMs);
  try {
    await close();
  } finally {
    clearInterval(looking);
    clearTimeout(timer);
  }
}
