import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { startLatchkey } from '../contenders.mjs';

const probe = new URL('./probe.mjs', import.meta.url).href;

/** A Latchkey that can be asked for its `memory` and its `delays`. @param environment beside what it needs */
export async function startProbed(mode, port, upstream, environment = {}) {
  const probePort = port + 5;
  const server = await startLatchkey(mode, port, upstream, {
    environment: { ...environment, BENCH_PROBE_PORT: String(probePort) },
    node: ['--expose-gc', '--import', probe],
  });
  return {
    ...server,
    ask: async (what) => {
      const socket = connect(probePort, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`${what}\n`);
      return JSON.parse(await text(socket));
    },
    residentBytes: () => residentBytes(server.pid),
  };
}

/** What a process holds of the machine's memory. */
export function residentBytes(pid) {
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
