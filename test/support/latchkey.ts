import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startLatchkey, type RunningLatchkey, type Surroundings } from '../../src/latchkey.js';
import { readSettings } from '../../src/platform/config/settings.js';
import { meetSecret, meetSettings, refuseSecrets, secretsIn } from './met-secrets.js';
import { send, type Answer, type AskOptions, type Json } from './send.js';
import { makeFolder, removeFolder } from './swept-folder.js';
import { logLines } from './swept-output.js';

export { send, type Answer, type AskOptions, type Json } from './send.js';

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
  /**
   * The rows of the request log, newest first, as the operator sees them, once everything handed over is written.
   *
   * @param limit how many are looked at, rows of such looks among them
   */
  rows(query?: string, limit?: number): Promise<CallRow[]>;
  /** Closes it and takes its folder away. @throws if a secret lies in it */
  remove(): Promise<void>;
}

/** As many rows as one answer of the request log holds. */
export const lookMax = 500;

export type CallRow = Record<string, Json>;

/** Workers run as built scripts: `npm test` builds before it runs. */
export const workerUrl = new URL(
  '../../dist/src/store/call-log/threads/call-log.worker.js',
  import.meta.url,
);

export async function startTestLatchkey(
  environment: Record<string, string> = {},
  surroundings: Surroundings = {},
): Promise<TestLatchkey> {
  meetSettings(environment);
  const folder = environment['TEST_FOLDER'] ?? makeFolder('test');
  const settings = readSettings({
    ACCESS_PORT: '0',
    MANAGEMENT_PORT: '0',
    DATABASE_URL: `sqlite:${join(folder, 'latchkey.db')}`,
    LATCHKEY_DEMO: 'off',
    // Every call has its row, however many a test makes: the budget has tests of its own.
    JUNK_ROWS_PER_MINUTE: '1000000',
    ...environment,
  });
  const running = await startLatchkey(settings, { workerUrl, logLines, ...surroundings }).catch(
    (error: unknown) => {
      refuseSecrets(secretsIn('the error of the start', inspect(error)));
      throw error;
    },
  );
  const operatorKey =
    environment['OPERATOR_KEY'] ??
    readFileSync(join(settings.dataFolder, 'operator.key'), 'utf8').trim();
  meetSecret(operatorKey);
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
    rows: async (query = '', limit = lookMax) => {
      // Reading the log is itself a call, whose row is no part of what a test looks for.
      const answer = await manage<{ results: CallRow[] }>(
        'GET',
        `/v1/request-log?limit=${limit}${query}`,
      );
      return answer.results.filter((row) => row['route'] !== '/v1/request-log');
    },
    remove: async () => {
      await running.close();
      removeFolder(folder);
    },
  };
}
