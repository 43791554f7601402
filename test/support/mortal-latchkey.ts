import { expect } from '@jest/globals';
import SqliteDatabase from 'better-sqlite3';
import { join, relative } from 'node:path';
import { Client } from 'pg';
import { dayFilesOf, openWholeLog } from './call-days.js';
import { FaultyDisk } from './faulty-disk.js';
import type { FaultPoint, LatchkeyProcess } from './latchkey-process.js';
import { tablesOnDisk, tablesOfPostgres, type Row, type Tables } from './main-tables.js';
import { makePostgres, type TestPostgres } from './postgres.js';
import { send, type Answer, type AskOptions, type Json } from './send.js';
import type { DatabaseKind } from './store.js';
import { WorkFolder } from './work-folder.js';

export interface MortalRequest extends AskOptions {
  readonly door: 'management' | 'access';
  readonly method: string;
  readonly path: string;
}

const operatorKey = 'legacy-operator-key-0123456789-0123456789';
const key = Buffer.alloc(32, 'k').toString('base64url');

/** One installation whose process is killed and started again, on the same database, many times over. */
export class MortalLatchkey {
  readonly #folder = new WorkFolder();
  readonly #postgres: TestPostgres | null;
  #process: LatchkeyProcess | null = null;
  #disk: FaultyDisk | null = null;

  private constructor(postgres: TestPostgres | null) {
    this.#postgres = postgres;
  }

  static async make(kind: DatabaseKind): Promise<MortalLatchkey> {
    return new MortalLatchkey(kind === 'postgres' ? await makePostgres() : null);
  }

  /** @param server on which its database is made: as the URL of a database that is there */
  static async makeOn(server: string): Promise<MortalLatchkey> {
    return new MortalLatchkey(await makePostgres(server));
  }

  /** Has its call log on a disk that can fail, from the next start on. On SQLite. */
  putLogOnFaultyDisk(): FaultyDisk {
    this.#disk = new FaultyDisk(this.#folder.path, join(this.#folder.path, 'data', 'call-log'));
    return this.#disk;
  }

  /** Starts it, unless it runs. */
  async start(environment: Record<string, string> = {}): Promise<void> {
    if (this.#process !== null) return;
    await this.#postgres?.untilLeft();
    this.#process = this.#folder.run(
      {
        OPERATOR_KEY: operatorKey,
        ...environment,
        ...this.#disk?.environment,
        ...(this.#postgres && {
          ...{ DATABASE_URL: this.#postgres.url, KEY_PEPPER: key, SEALING_KEY: key },
        }),
      },
      { withFaultPoints: true },
    );
    await this.#process.running;
  }

  /** Has it die at this point, or at none. @returns the statements that changed the database since this was last called */
  dieAt(faultPoint: FaultPoint | null): Promise<string[]> {
    return this.#running().dieAt(faultPoint);
  }

  kill(): void {
    void this.#running().stop('SIGKILL');
  }

  /** Resolves when it is dead, and expects that it died by SIGKILL, with nothing to say. */
  async dead(): Promise<void> {
    const process = this.#running();
    const exitCode = await process.ended;
    this.#process = null;
    expect([exitCode, process.stderr()]).toEqual([null, '']);
  }

  /** The same, where it had something to say. */
  async deadAfterTrouble(): Promise<void> {
    expect(await this.#running().ended).toBeNull();
    this.#process = null;
  }

  /** Its log lines, and complaints. */
  said(): string {
    return this.#running().stderr();
  }

  /** Asks as the operator, unless the request has a secret of its own. */
  send({ door, method, path, ...options }: MortalRequest): Promise<Answer> {
    const { managementUrl, accessUrl } = this.#running().urls();
    const origin = door === 'access' ? accessUrl : managementUrl;
    return send(origin, method, path, { secret: operatorKey, ...options });
  }

  /** Asks the management API for something that has to succeed. */
  async manage(method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.send({ door: 'management', method, path, body });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.text}`);
    return answer.json;
  }

  /** Whether a secret opens anything. */
  async works(secret: string): Promise<boolean> {
    const path = '/latchkey/v1/self';
    const { status, text } = await this.send({ door: 'access', method: 'GET', path, secret });
    // A failure of ours is no answer to the question.
    if (status >= 500) throw new Error(text);
    return status === 200;
  }

  async tables(): Promise<Tables> {
    return this.#postgres === null
      ? tablesOnDisk(join(this.#folder.path, 'data'))
      : tablesOfPostgres(this.#postgres.url);
  }

  /** Expects that SQLite finds its own files whole; PostgreSQL, which was not killed, looks after its own. */
  expectIntegrity(): void {
    if (this.#postgres !== null) return;
    const data = join(this.#folder.path, 'data');
    const days = dayFilesOf(join(data, 'call-log.db')).map((path) => relative(data, path));
    for (const name of ['latchkey.db', 'call-log.db', ...days]) {
      const handle = this.open(name);
      try {
        expect(handle.pragma('integrity_check', { simple: true })).toBe('ok');
        expect(handle.pragma('foreign_key_check')).toEqual([]);
      } finally {
        handle.close();
      }
    }
  }

  /** One of its SQLite files, to be read. */
  open(name: string): SqliteDatabase.Database {
    return new SqliteDatabase(join(this.#folder.path, 'data', name), { readonly: true });
  }

  /** Of its call log's own file. */
  get logPath(): string {
    return join(this.#folder.path, 'data', 'call-log.db');
  }

  /** Its call log, to be read: `call` has the rows of all days. */
  openLog(): SqliteDatabase.Database {
    return openWholeLog(this.logPath, { readonly: true });
  }

  /** Runs a statement on its database on PostgreSQL, with the tables of its call log in reach by their names. */
  async query(sql: string): Promise<Row[]> {
    const client = new Client(this.#postgres?.url);
    await client.connect();
    try {
      await client.query('SET search_path TO call_log');
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }

  async remove(): Promise<void> {
    await this.#folder.remove();
    await this.#postgres?.drop();
  }

  #running(): LatchkeyProcess {
    if (this.#process === null) throw new Error('It does not run.');
    return this.#process;
  }
}
