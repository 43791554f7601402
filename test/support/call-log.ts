import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';
import type { DataSource } from 'typeorm';
import type { CallOutcome } from '../../src/core/call.js';
import { newCallId } from '../../src/core/ids.js';
import type { NewCall } from '../../src/core/ports.js';
import { callLogReader } from '../../src/store/call-log/call-log-data-source.js';
import type { CallLogWriterOptions } from '../../src/store/call-log/call-log-writer-options.js';
import { CallLogWriter } from '../../src/store/call-log/call-log-writer.js';
import { CallsStore } from '../../src/store/call-log/calls.store.js';
import { migrateCallLog } from '../../src/store/call-log/migrate-call-log.js';
import type { TestDatabase } from './store.js';

/** Jest runs the sources, and a worker thread needs a script: the built one. */
const workerUrl = new URL('../../dist/src/store/call-log/call-log.worker.js', import.meta.url);

/** A migrated call log, with writers and a reader that are closed with it. */
export class TestCallLog {
  readonly #database: TestDatabase;
  readonly #writers: CallLogWriter[] = [];
  readonly #reader: DataSource;
  readonly store: CallsStore;

  static async create(database: TestDatabase): Promise<TestCallLog> {
    await migrateCallLog(database.url);
    const reader = callLogReader(database.url);
    await reader.initialize();
    return new TestCallLog(database, reader);
  }

  private constructor(database: TestDatabase, reader: DataSource) {
    this.#database = database;
    this.#reader = reader;
    this.store = new CallsStore(reader);
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

  /** Runs a statement on a connection that is opened for it alone. `call` and the other tables need no schema. */
  async query<T>(sql: string): Promise<T[]> {
    const { kind, url } = this.#database;
    if (kind === 'sqlite') {
      const database = new SqliteDatabase(url.slice('sqlite:'.length));
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

  /** Makes the log unwritable. @returns what makes it writable again */
  async blockWriters(): Promise<() => Promise<void>> {
    if (this.#database.kind === 'sqlite') {
      const database = new SqliteDatabase(this.url.slice('sqlite:'.length));
      database.exec('BEGIN EXCLUSIVE');
      return () => Promise.resolve(void database.close());
    }
    const client = await this.#connect();
    await client.query('BEGIN; LOCK TABLE call_node IN ACCESS EXCLUSIVE MODE');
    return () => client.end();
  }

  /** Stops the writers and empties the tables. */
  async clear(): Promise<void> {
    await this.#stopWriters();
    for (const table of ['call', 'call_node', 'secret_usage'])
      await this.query(`DELETE FROM ${table}`);
  }

  /** Closes it; its database is left to whoever made it. */
  async close(): Promise<void> {
    await this.#stopWriters();
    await this.#reader.destroy();
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
