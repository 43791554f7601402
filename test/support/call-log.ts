import SqliteDatabase from 'better-sqlite3';
import { existsSync } from 'node:fs';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { CallOutcome } from '../../src/core/call.js';
import { newCallId } from '../../src/core/ids.js';
import type { NewCall } from '../../src/core/ports.js';
import { callLogMigrator, callLogReader } from '../../src/store/call-log/call-log-data-source.js';
import { dayAt } from '../../src/store/call-log/days/call-day.js';
import {
  daysFolderOf,
  indexPathOf,
  pathOfDay,
} from '../../src/store/call-log/days/call-days-folder.js';
import type { CallIndex } from '../../src/store/call-log/days/call-indexes.js';
import { statementOf } from '../../src/store/call-log/days/day-reader.js';
import { hasOwnIndexes, makeDayFile } from '../../src/store/call-log/days/day-schema.js';
import type { CallLogWriterOptions } from '../../src/store/call-log/write/call-log-writer-options.js';
import { CallLogWriter } from '../../src/store/call-log/write/call-log-writer.js';
import { CallGapsStore } from '../../src/store/call-log/read/call-gaps.store.js';
import { CallLogTables } from '../../src/store/call-log/read/call-log-tables.js';
import { CallPaths } from '../../src/store/call-log/read/call-paths.js';
import { CallSumsStore } from '../../src/store/call-log/read/call-sums.store.js';
import type { CallTable } from '../../src/store/call-log/read/call-table.js';
import { CallsStore } from '../../src/store/call-log/read/calls.store.js';
import { RotationUsageStore } from '../../src/store/call-log/usage/rotation-usage.store.js';
import { UsageStore } from '../../src/store/call-log/usage/usage.store.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import { openCallTable } from '../../src/store/call-log/read/open-call-table.js';
import { dayFilesOf, openWholeLog, removeDayFiles } from './call-days.js';
import { expectRowsFound } from './found-rows.js';
import type { TestDatabase } from './store.js';
import { expectUsageOfRows } from './usage-of-rows.js';

/** Jest runs the sources, and a worker thread needs a script: the built one. */
const built = (name: string) =>
  new URL(`../../dist/src/store/call-log/threads/${name}`, import.meta.url);
const workerUrl = built('call-log.worker.js');
export const dayReaderUrl = built('day-reader.worker.js');
export const callPrunerUrl = built('call-pruner.worker.js');

/** A migrated call log, with writers and a reader that are closed with it. */
export class TestCallLog {
  readonly #database: TestDatabase;
  readonly #writers: CallLogWriter[] = [];
  readonly #reader: DataSource;
  readonly #table: ReturnType<typeof openCallTable>;
  readonly #tables: CallLogTables;
  readonly #paths: CallPaths;
  readonly store: CallsStore;
  readonly rows: CallTable;
  readonly usage: UsageStore;
  readonly rotationUsage: RotationUsageStore;

  static async create(database: TestDatabase): Promise<TestCallLog> {
    await migrateCallLog(database.url);
    const reader = callLogReader(database.url);
    await reader.initialize();
    return new TestCallLog(database, reader);
  }

  private constructor(database: TestDatabase, reader: DataSource) {
    this.#database = database;
    this.#reader = reader;
    this.#table = openCallTable(database.url, reader, { workerUrl: dayReaderUrl });
    this.rows = this.#table.rows;
    this.#tables = new CallLogTables(reader, { caughtUp: () => this.#caughtUp() });
    this.#paths = new CallPaths(this.#tables, this.rows);
    this.store = new CallsStore(this.#tables, this.rows, this.#paths);
    this.usage = new UsageStore(this.#tables);
    this.rotationUsage = new RotationUsageStore(this.#tables);
  }

  /** A store that gives a page after the first look, and reads next to nothing to count. */
  hastyStore(): CallsStore {
    const effort = { searchMs: 0, searchRows: 0, countedRows: 500 };
    return new CallsStore(this.#tables, this.rows, this.#paths, effort);
  }

  /** @param ownNodeId as whom it is asked */
  gaps(ownNodeId: string): CallGapsStore {
    return new CallGapsStore(this.#tables, this.rows, this.#paths, ownNodeId);
  }

  /** Adds up this log's rows, in slices of so many of them. */
  sums(rowsPerSlice?: number): CallSumsStore {
    return new CallSumsStore(this.rows, this.#paths, rowsPerSlice);
  }

  get url(): string {
    return this.#database.url;
  }

  /** A started writer; durable, of node `nod_1`, unless told otherwise. */
  async writer(options: Partial<CallLogWriterOptions> = {}): Promise<CallLogWriter> {
    const writer = new CallLogWriter({
      url: this.url,
      mode: 'durable',
      nodeId: 'nod_1',
      workerUrl,
      ...options,
    });
    this.#writers.push(writer);
    await writer.start();
    return writer;
  }

  /**
   * Runs a statement on a connection that is opened for it alone, once all calls that were committed are counted. `call` and the
   * other tables need no schema.
   */
  async query<T>(sql: string): Promise<T[]> {
    await this.#caughtUp();
    const { kind } = this.#database;
    if (kind === 'sqlite') {
      if (sql === 'DELETE FROM call') {
        removeDayFiles(this.#path);
        return [];
      }
      const database = openWholeLog(this.#path);
      try {
        const statement = database.prepare<[], T>(sql);
        return statement.reader ? statement.all() : (statement.run(), []);
      } finally {
        database.close();
      }
    }
    const client = await this.#connect();
    try {
      // Of several statements the last one's rows.
      return [await client.query<T & pg.QueryResultRow>(sql)].flat().at(-1)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** Expects that what is kept beside the rows says what they say: each counter, and each index. */
  async expectCaughtUp(): Promise<void> {
    await expectUsageOfRows((sql) => this.query(sql));
    if (this.#database.kind === 'sqlite') expectRowsFound(this.#path);
  }

  /** How the database would carry out a statement on the newest rows. @param by as of a reading */
  async explain(sql: string, by?: CallIndex): Promise<string> {
    if (this.#database.kind === 'postgres') {
      const statement = sql.replaceAll(/\{\w+\}/g, 'call');
      return JSON.stringify(await this.query(`SET enable_seqscan = off; EXPLAIN ${statement}`));
    }
    await this.#caughtUp();
    const path = dayFilesOf(this.#path).at(-1) as string;
    const database = new SqliteDatabase(path, { readonly: true });
    try {
      database.prepare('ATTACH ? AS found').run(indexPathOf(path));
      const statement = statementOf(sql, by, { hasOwnIndexes: hasOwnIndexes(database) });
      return JSON.stringify(database.prepare(`EXPLAIN QUERY PLAN ${statement}`).all());
    } finally {
      database.close();
    }
  }

  /** Takes rows out. @param where a condition */
  async takeOut(where: string): Promise<void> {
    const sql = `DELETE FROM call WHERE ${where}`;
    if (this.#database.kind === 'postgres') return void (await this.query(sql));
    for (const path of dayFilesOf(this.#path)) {
      const database = new SqliteDatabase(path);
      database.exec(sql);
      database.close();
    }
  }

  /** Makes the log unwritable. @returns what makes it writable again */
  async blockWriters(): Promise<() => Promise<void>> {
    if (this.#database.kind === 'sqlite') {
      const today = pathOfDay(daysFolderOf(this.#path), dayAt(Date.now()));
      if (!existsSync(today)) makeDayFile(today);
      const files = [...dayFilesOf(this.#path), this.#path].map((path) => new SqliteDatabase(path));
      for (const file of files) file.exec('BEGIN EXCLUSIVE');
      return () => Promise.resolve(files.forEach((file) => file.close()));
    }
    const client = await this.#connect();
    await client.query('BEGIN; LOCK TABLE call_node IN ACCESS EXCLUSIVE MODE');
    return () => client.end();
  }

  /** Stops the writers and empties the tables. */
  async clear(): Promise<void> {
    await this.#stopWriters();
    const counters = ['secret_usage', 'secret_hour', 'key_usage', 'key_usage_places'];
    for (const table of ['call', 'call_node', ...counters])
      await this.query(`DELETE FROM ${table}`);
  }

  /** Closes it; its database is left to whoever made it. */
  async close(): Promise<void> {
    await this.#stopWriters();
    await this.#table.close();
    await this.#reader.destroy();
  }

  /** Of the log's own file, on SQLite. */
  get #path(): string {
    return this.url.slice('sqlite:'.length);
  }

  async #caughtUp(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.caughtUp()));
  }

  async #stopWriters(): Promise<void> {
    await Promise.all(this.#writers.splice(0).map((writer) => writer.stop()));
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url });
    await client.connect();
    await client.query('SET search_path TO call_log');
    return client;
  }
}

/** Gives a log the schema that it had before there were days. @param url of one that has this version's */
export async function undoDays(url: string): Promise<void> {
  const migrator = await callLogMigrator(url).initialize();
  const names = migrator.migrations.map(({ constructor }) => constructor.name);
  const first = names.findIndex((name) => name.startsWith('CallDays'));
  for (let undone = first; undone < names.length; undone += 1) await migrator.undoLastMigration();
  await migrator.destroy();
}

/** A call with a value in every field that a call may lack, at the writer's next position. */
export function exampleCall(
  writer: Pick<CallLogWriter, 'nextPosition'>,
  fields: Partial<NewCall> = {},
): NewCall {
  const at = fields.at ?? Date.now();
  const position = writer.nextPosition(at);
  return {
    position,
    id: newCallId(position),
    at,
    accountId: 'acc_1',
    keyId: 'key_1',
    keyName: 'CRM sync',
    environment: 'production',
    secretId: 'sec_1',
    secretStart: 'lk_prod_4fGh',
    secretState: 'retiring',
    rotationId: 'rot_1',
    credential: 'hapikey',
    door: 'gateway',
    actor: 'mem_1',
    serviceId: 'svc_1',
    method: 'GET',
    host: 'crm.example',
    path: '/contacts/17',
    query: 'limit=10&hapikey=***',
    route: '/contacts/{id}',
    requiredScopes: ['contacts.read', 'contacts.list'],
    usedScopes: ['contacts.read'],
    missingScopes: ['contacts.list'],
    decision: 'allowed',
    reason: 'UPSTREAM_TIMEOUT',
    wouldDeny: 'IP_NOT_ALLOWED',
    status: 504,
    upstreamStatus: 200,
    callerIp: '203.0.113.7',
    peerIp: '10.0.0.1',
    forwardedFor: '203.0.113.7, 10.0.0.2',
    userAgent: 'curl/8.5.0',
    clientRequestId: 'req-1',
    durationMs: 12.625,
    upstreamMs: 11.5,
    requestBytes: 5_000_000_000,
    responseBytes: 17,
    ...fields,
  };
}

/** What became of a call whose row was written before. */
export const completedOutcome: CallOutcome = {
  reason: null,
  status: 204,
  upstreamStatus: 204,
  durationMs: 1.5,
  upstreamMs: 0.25,
  requestBytes: 3,
  responseBytes: 0,
};

/** Waits until something holds. @throws after 10 seconds */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
