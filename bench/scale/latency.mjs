import { calls, head } from './calls.mjs';
import { startProbed } from './probed.mjs';

const share = 0.7;

/** How long a decision takes at 70 % of what can be borne, and how long the event loop stands still while a log is exported. */
export async function latency({ seconds, connections, basePort }) {
  const server = await startProbed('durable', basePort + 100, 'http://127.0.0.1:9');
  try {
    const job = {
      port: server.port,
      connections,
      heads: [head('GET', '/latchkey/v1/self', server.headers)],
    };
    await calls({ ...job, seconds: 2 });
    const full = await calls({ ...job, seconds: 2 * seconds });
    const rate = Math.floor(full.requestsPerSecond * share);
    const borne = await calls({ ...job, seconds: 6 * seconds, rate });
    await server.ask('delays');
    const exporting = new AbortController();
    const exported = exportAgainAndAgain(server, exporting.signal);
    const under = await calls({ ...job, seconds: 4 * seconds });
    const delays = await server.ask('delays');
    exporting.abort();
    const rows = await exported;
    const ms = (value) => `${value.toFixed(2)} ms`;
    return {
      title: 'Latency: GET /latchkey/v1/self, log durable',
      facts: {
        'requests a second, as many as it takes': Math.round(full.requestsPerSecond),
        'latency then (p50, p99)': `${ms(full.latencyMs.p50)}, ${ms(full.latencyMs.p99)}`,
        [`requests a second, ${share * 100} % of that, whenever they are due`]: Math.round(
          borne.requestsPerSecond,
        ),
        'latency then (p50, p99, p99.9), from when they were due': ['p50', 'p99', 'p999']
          .map((at) => ms(borne.latencyMs[at]))
          .join(', '),
        'requests a second, as many as it takes, beside an export': Math.round(
          under.requestsPerSecond,
        ),
        'rows exported meanwhile': rows,
        'delay of the event loop meanwhile (p50, p99, longest)': ['p50', 'p99', 'max']
          .map((at) => ms(delays[at]))
          .join(', '),
      },
    };
  } finally {
    await server.stop();
  }
}

/** @returns how many rows came */
async function exportAgainAndAgain({ managementPort, operator }, signal) {
  let lines = 0;
  while (!signal.aborted) {
    const response = await fetch(`http://127.0.0.1:${managementPort}/v1/request-log/export`, {
      headers: { Authorization: `Bearer ${operator}` },
      signal,
    }).catch(() => null);
    try {
      for await (const piece of response?.body ?? [])
        for (const byte of piece) if (byte === 10) lines += 1;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
  return lines;
}
