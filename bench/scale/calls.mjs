import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadCpu } from '../contenders.mjs';
import { pinnedTo } from '../pinning.mjs';

const script = new URL('./caller.mjs', import.meta.url).pathname;

/**
 * Calls a server from another processor.
 *
 * @param job as `caller.mjs` takes it: `heads` are whole requests, `{}` in them stands for one of `values`
 * @throws if an answer has another status than `expect`
 */
export async function calls(job, { expect = ['200'] } = {}) {
  const [command, ...args] = pinnedTo(loadCpu, [process.execPath, script]);
  const child = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  child.send({ seed: 1 + Math.floor(Math.random() * 1e9), values: null, ...job });
  const [result] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`The caller ended with ${code}.`);
    }),
  ]);
  child.disconnect();
  const unexpected = Object.entries(result.statuses).filter(([status]) => !expect.includes(status));
  if (unexpected.length > 0)
    throw new Error(`Unexpected answers: ${JSON.stringify(result.statuses)}.`);
  return result;
}

/** A request without a body. */
export function head(method, path, headers = {}) {
  const lines = Object.entries({ Host: '127.0.0.1', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export function withBody(method, path, headers, body) {
  return (
    head(method, path, {
      ...headers,
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
    }) + body
  );
}
