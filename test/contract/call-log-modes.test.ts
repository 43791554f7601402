import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import SqliteDatabase, { type Database } from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packCall, positionsPerMs, type Cell } from '../../src/store/call-log/call-columns.js';
import type { CallLogMode, SinkSettings } from '../../src/store/call-log/write/call-sink.js';
import { PostgresSink } from '../../src/store/call-log/write/postgres-sink.js';
import { SqliteSink } from '../../src/store/call-log/write/sqlite-sink.js';
import { dayFilesOf } from '../support/call-days.js';
import { exampleCall, TestCallLog } from '../support/call-log.js';
import { openCallLogFile } from '../support/call-log-file.js';
import { startTestLatchkey } from '../support/latchkey.js';
import { describeOnEachDatabase, makeDatabase, type TestDatabase } from '../support/store.js';
import { WorkFolder } from '../support/work-folder.js';

// Each starts a process or two, and they share two cores with all the other tests.
jest.setTimeout(90_000);

const modes: CallLogMode[] = ['durable', 'committed', 'buffered'];

describe('§1 CALL_LOG_MODE: a process that is killed', () => {
  let folder: WorkFolder;

  beforeEach(() => {
    folder = new WorkFolder();
  });

  afterEach(() => folder.remove());

  it.each(['durable', 'committed'])(
    'loses no call that was answered, if it is %s',
    async (mode) => {
      const process = folder.run({ CALL_LOG_MODE: mode });
      await process.running;
      const { accessUrl } = process.urls();
      const operatorKey = readFileSync(join(folder.path, 'data', 'operator.key'), 'utf8').trim();
      const headers = { authorization: `Bearer ${operatorKey}` };
      const answered: string[] = [];
      /** Calls one after the other, until the process is gone. */
      const keepCalling = async (): Promise<void> => {
        for (;;) {
          // That it was answered counts, not what: its end may never come.
          // oxlint-disable-next-line eslint/no-restricted-globals
          const answer = await fetch(`${accessUrl}/nowhere`, { headers }).catch(() => null);
          if (answer === null) return;
          answered.push(answer.headers.get('x-correlation-id') ?? 'no id');
          await answer.text().catch(() => null);
        }
      };
      const callers = Array.from({ length: 8 }, keepCalling);
      while (answered.length < 100) await new Promise((resolve) => setTimeout(resolve, 5));
      await process.stop('SIGKILL');
      await Promise.all(callers);

      const next = folder.run({ CALL_LOG_MODE: mode });
      await next.running;
      const found = new Set<string>();
      for (let after: string | undefined = ''; after !== undefined;) {
        const query: string = `door=gateway&limit=500${after === '' ? '' : `&after=${after}`}`;
        const page = await folder.manage(next, 'GET', `/v1/request-log?${query}`);
        for (const { id } of page.results) found.add(id);
        after = page.paging?.next?.after;
      }
      expect(await next.stop()).toBe(0);
      expect(answered.filter((id) => !found.has(id))).toEqual([]);
    },
  );
});

it('§1 CALL_LOG_MODE: a call that is buffered is answered while nothing can be written, and is on the log later', async () => {
  const latchkey = await startTestLatchkey({ CALL_LOG_MODE: 'buffered' });
  const callLog = openCallLogFile(latchkey);
  try {
    callLog.lock();
    const answer = await latchkey.call('GET', '/nowhere');
    expect(answer.status).toBe(401);
    callLog.unlock();
    const until = performance.now() + 10_000;
    const isThere = async () =>
      (await latchkey.rows()).some(({ id }) => id === answer.headers.get('x-correlation-id'));
    while (!(await isThere()) && performance.now() < until);
    expect(await isThere()).toBe(true);
  } finally {
    callLog.close();
    await latchkey.remove();
  }
});

describeOnEachDatabase('§1 CALL_LOG_MODE: the connection that writes', (kind) => {
  let database: TestDatabase;
  let log: TestCallLog;

  beforeEach(async () => {
    database = await makeDatabase(kind);
    log = await TestCallLog.create(database);
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await log.close();
    await database.remove();
  });

  /** What the connection says of itself, which nobody else can ask it. */
  async function syncOf(mode: CallLogMode): Promise<unknown> {
    const settings: SinkSettings = {
      ...{ database: database.databaseUrl, mode, nodeId: 'nod_1', runId: 'run_1', timeoutMs: 5000 },
    };
    if (database.databaseUrl.kind === 'sqlite') {
      const pragma = jest.spyOn(SqliteDatabase.prototype, 'pragma');
      const sink = new SqliteSink(database.databaseUrl.path, settings);
      sink.open();
      const cells: Cell[] = [];
      packCall(cells, exampleCall({ nextPosition: (at) => at * positionsPerMs }), 'nod_1', 1);
      sink.write({ cells, completions: [], salvage: false });
      const connections = pragma.mock.contexts as Database[];
      const [dayFile] = dayFilesOf(database.databaseUrl.path);
      const connection = connections.find(({ name }) => name === dayFile) as Database;
      const sync = connection.pragma('synchronous', { simple: true });
      sink.close(true);
      return sync;
    }
    const connect = jest.spyOn(pg.Client.prototype, 'connect');
    const sink = new PostgresSink(database.databaseUrl.url, settings);
    await sink.open();
    const connection = connect.mock.contexts[0] as pg.Client;
    const { rows } = await connection.query('SHOW synchronous_commit');
    await sink.close(true);
    return rows[0].synchronous_commit;
  }

  it.each(modes)('syncs each commit to the disk if it is durable: %s', async (mode) => {
    // SQLite: FULL is 2, NORMAL 1.
    const [each, inTime] = kind === 'sqlite' ? [2, 1] : ['on', 'off'];
    expect(await syncOf(mode)).toBe(mode === 'durable' ? each : inTime);
  });
});
