import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLatchkey, type RunningLatchkey, type Surroundings } from '../../src/latchkey.js';
import { readSettings } from '../../src/platform/config/settings.js';

/** A Latchkey of a test's own: real listeners on free ports, a real database in a folder of its own. */
export interface TestLatchkey extends RunningLatchkey {
  readonly folder: string;
  /** The first management key. */
  readonly operatorKey: string;
  /** Asks the management API as the operator. */
  manage<T = Json>(method: string, path: string, body?: unknown): Promise<T>;
  /** Asks the management API with any key, or none. */
  ask(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** Asks the access listener. */
  call(method: string, path: string, options?: AskOptions): Promise<Answer>;
  /** The rows of the request log, newest first, as the operator sees them, once everything handed over is written. */
  rows(query?: string): Promise<CallRow[]>;
  /** Closes it and takes its folder away. */
  remove(): Promise<void>;
}

// oxlint-disable-next-line typescript/no-explicit-any -- what a JSON answer holds is for each test to expect
export type Json = any;
export type CallRow = Record<string, Json>;

export interface AskOptions {
  readonly secret?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON, or `undefined` if it is none. */
  readonly json: Json;
}

/** Workers run as built scripts: `npm test` builds before it runs. */
export const workerUrl = new URL(
  '../../dist/src/store/call-log/call-log.worker.js',
  import.meta.url,
);

export async function startTestLatchkey(
  environment: Record<string, string> = {},
  surroundings: Surroundings = {},
): Promise<TestLatchkey> {
  const folder = environment['TEST_FOLDER'] ?? mkdtempSync(join(tmpdir(), 'latchkey-test-'));
  const settings = readSettings({
    ACCESS_PORT: '0',
    MANAGEMENT_PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
    LATCHKEY_DEMO: 'off',
    ...environment,
  });
  const running = await startLatchkey(settings, { workerUrl, ...surroundings });
  const operatorKey =
    environment['OPERATOR_KEY'] ??
    readFileSync(join(settings.dataFolder, 'operator.key'), 'utf8').trim();
  const ask = (method: string, path: string, options?: AskOptions) =>
    send(running.managementUrl, method, path, options);
  const manage = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const answer = await ask(method, path, { secret: operatorKey, body });
    if (answer.status >= 400)
      throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.json as T;
  };
  return {
    ...running,
    folder,
    operatorKey,
    ask,
    manage,
    call: (method, path, options) => send(running.accessUrl, method, path, options),
    rows: async (query = '') => {
      // Reading the log is itself a call, whose row is no part of what a test looks for.
      const answer = await manage<{ results: CallRow[] }>(
        'GET',
        `/v1/request-log?limit=500${query}`,
      );
      return answer.results.filter((row) => row['route'] !== '/v1/request-log');
    },
    remove: async () => {
      await running.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function send(
  origin: string,
  method: string,
  path: string,
  options: AskOptions = {},
): Promise<Answer> {
  const { secret, headers = {}, body } = options;
  const isText = typeof body === 'string';
  const response = await fetch(origin + path, {
    method,
    redirect: 'manual',
    headers: {
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      ...(body !== undefined && !isText && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: jsonOrUndefined(text) };
}

function jsonOrUndefined(text: string): Json {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
