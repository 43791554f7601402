import type { DataSource } from 'typeorm';
import type { Call } from '../../core/call.js';
import { positionOfCallId } from '../../core/ids.js';
import { callOf, positionsPerMs, selectedColumns } from './call-columns.js';
import { decodeCursor, encodeCursor } from './call-cursor.js';
import { conditionsOf, type CallFilter, type Condition } from './call-filter.js';
import { callLogTable } from './call-log-schema.js';

export interface CallPage {
  readonly calls: readonly Call[];
  /** The cursor of the next, older page, or `null` at the end. */
  readonly next: string | null;
}

/** What a secret was used for since it was made; every call that carried it counts, also a denied one. */
export interface SecretUsage {
  readonly secretId: string;
  readonly keyId: string | null;
  readonly accountId: string | null;
  readonly calls: number;
  readonly deniedCalls: number;
  /** Epoch milliseconds. */
  readonly lastUsedAt: number;
  readonly lastUsedIp: string | null;
  readonly lastUsedUserAgent: string | null;
}

/** Who used a secret since some time, and how often. */
export interface SecretTraffic {
  readonly calls: number;
  /** Epoch milliseconds. */
  readonly lastUsedAt: number | null;
  /** By address and user agent, the most recent first, at most 1,000. */
  readonly callers: readonly SecretCaller[];
}

export interface SecretCaller {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly calls: number;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
}

type SqlValue = string | number;

const callersMax = 1000;

/** Below every driver's bound on parameters. */
const idsPerQuery = 1000;

/** Reads the call log. */
export class CallsStore {
  readonly #dataSource: DataSource;
  readonly #kind: 'sqlite' | 'postgres';

  /** @param dataSource of `callLogReader`, initialized */
  constructor(dataSource: DataSource) {
    this.#dataSource = dataSource;
    this.#kind = dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite';
  }

  /**
   * The calls that match, newest first. Pages by place, not by number, so that calls that arrive meanwhile shift nothing.
   *
   * @param page `limit`: calls at most; `after`: the `next` of the page before
   * @throws InvalidCursorError, InvalidFilterError
   */
  async search(
    filter: CallFilter,
    page: { readonly limit: number; readonly after?: string },
  ): Promise<CallPage> {
    const conditions = conditionsOf(filter, {
      secretUsage: this.#table('secret_usage'),
      like: this.#kind === 'postgres' ? 'ILIKE' : 'LIKE',
      maxSkewMs: filter.to === undefined ? 0 : await this.#maxSkewMs(),
    });
    if (page.after !== undefined) {
      const { position, nodeId } = decodeCursor(page.after);
      // A row comparison alone would not let SQLite start its scan there.
      conditions.push({ sql: 'position <= ?', values: [position] });
      conditions.push({ sql: '(position < ? OR node_id < ?)', values: [position, nodeId] });
    }
    // No text in the log holds NUL, and PostgreSQL takes none.
    if (conditions.some(({ values }) => values.some((value) => String(value).includes('\0'))))
      return { calls: [], next: null };
    // One more than asked for tells whether there is a next page.
    const found = await this.#select(conditions, page.limit + 1);
    const calls = found.slice(0, page.limit);
    const last = calls.at(-1);
    return {
      calls,
      next: found.length > page.limit && last !== undefined ? encodeCursor(last) : null,
    };
  }

  /** The call with this id, or `null`. */
  async find(id: string): Promise<Call | null> {
    const position = positionOfCallId(id);
    if (position === null) return null;
    const byPosition = { sql: 'position = ?', values: [position] };
    const [call] = await this.#select([byPosition, { sql: 'id = ?', values: [id] }], 1);
    return call ?? null;
  }

  /** The usage of each secret that was ever used, by its id. */
  async usageOfSecrets(secretIds: readonly string[]): Promise<Map<string, SecretUsage>> {
    const usages = new Map<string, SecretUsage>();
    for (let start = 0; start < secretIds.length; start += idsPerQuery) {
      const ids = secretIds.slice(start, start + idsPerQuery);
      const records = await this.#query(
        `SELECT * FROM ${this.#table('secret_usage')} WHERE secret_id IN (${ids.map(() => '?').join(', ')})`,
        ids,
      );
      for (const record of records) usages.set(record['secret_id'] as string, usageOf(record));
    }
    return usages;
  }

  /** The calls that carried a secret since `sinceMs` (epoch milliseconds), that moment included, read from the rows. */
  async trafficOf(keyId: string, secretId: string, sinceMs: number): Promise<SecretTraffic> {
    const where = 'WHERE key_id = ? AND position >= ? AND secret_id = ?';
    const values = [keyId, sinceMs * positionsPerMs, secretId];
    const table = this.#table('call');
    const [sum] = await this.#query(
      `SELECT count(*) AS calls, max(at) AS last FROM ${table} ${where}`,
      values,
    );
    const callers = await this.#query(
      `SELECT caller_ip, user_agent, count(*) AS calls, min(at) AS first, max(at) AS last FROM ${table} ${where}
       GROUP BY caller_ip, user_agent ORDER BY last DESC, caller_ip, user_agent LIMIT ?`,
      [...values, callersMax],
    );
    return {
      calls: Number(sum?.['calls'] ?? 0),
      lastUsedAt: sum?.['last'] == null ? null : Number(sum['last']),
      callers: callers.map((record) => ({
        ip: record['caller_ip'] as string | null,
        userAgent: record['user_agent'] as string | null,
        calls: Number(record['calls']),
        firstSeenAt: Number(record['first']),
        lastSeenAt: Number(record['last']),
      })),
    };
  }

  async #select(conditions: readonly Condition[], limit: number): Promise<Call[]> {
    const where =
      conditions.length === 0 ? '' : `WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}`;
    const records = await this.#query(
      `SELECT ${selectedColumns} FROM ${this.#table('call')} ${where} ORDER BY position DESC, node_id DESC LIMIT ?`,
      [...conditions.flatMap(({ values }) => values), limit],
    );
    return records.map(callOf);
  }

  async #maxSkewMs(): Promise<number> {
    const [record] = await this.#query(
      `SELECT max(max_skew_ms) AS skew FROM ${this.#table('call_node')}`,
      [],
    );
    return Number(record?.['skew'] ?? 0);
  }

  /** @param sql with `?` for each value, and nowhere else */
  #query(sql: string, values: readonly SqlValue[]): Promise<Record<string, unknown>[]> {
    let number = 0;
    const numbered =
      this.#kind === 'postgres' ? sql.replaceAll('?', () => `$${(number += 1)}`) : sql;
    return this.#dataSource.query(numbered, [...values]);
  }

  #table(name: 'call' | 'call_node' | 'secret_usage'): string {
    return callLogTable(name, this.#kind);
  }
}

function usageOf(record: Readonly<Record<string, unknown>>): SecretUsage {
  return {
    secretId: record['secret_id'] as string,
    keyId: record['key_id'] as string | null,
    accountId: record['account_id'] as string | null,
    calls: Number(record['calls']),
    deniedCalls: Number(record['denied_calls']),
    lastUsedAt: Number(record['last_used_at']),
    lastUsedIp: record['last_used_ip'] as string | null,
    lastUsedUserAgent: record['last_used_user_agent'] as string | null,
  };
}
