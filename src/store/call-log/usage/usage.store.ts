import { given } from '../../given.js';
import { hourMs } from './usage.js';
import type { CallLogTables } from '../read/call-log-tables.js';
import { allowedOutcome } from './usage.js';
import type { UseKind } from './key-use.js';

/** The latest call that carried a secret, or any secret of a key; a denied one counts too. */
export interface LastUse {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
  /** The route's template; `null` where the call had none. */
  readonly route: string | null;
}

/** What a secret was used for since it was made; every call that carried it counts, also a denied one. */
export interface SecretUsage {
  readonly secretId: string;
  readonly calls: number;
  readonly deniedCalls: number;
  readonly lastUse: LastUse;
}

/** The calls of a key in one hour. */
export interface HourSums {
  /** Its first epoch millisecond. */
  readonly hour: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

export interface HourUsage extends HourSums {
  /** The denied ones by reason, most frequent first. */
  readonly denials: readonly { readonly reason: string; readonly calls: number }[];
}

/** The calls of a key that have a caller, a route or a scope in common. */
export interface NamedUsage {
  /** As in `KeyUse`. */
  readonly name: string;
  readonly calls: number;
  readonly deniedCalls: number;
  /** Epoch milliseconds. */
  readonly firstUsedAt: number;
  readonly lastUsedAt: number;
}

/** A place in the list of new callers. */
export interface NewCallerPlace {
  /** Epoch milliseconds at which the caller came to be known, by the clock of the node that counted it. */
  readonly addedAt: number;
  readonly keyId: string;
  /** An address, or a block of addresses where the key has too many callers to tell them apart; empty if it is not known. */
  readonly ip: string;
}

/** Somebody who used a key that others had used before. */
export interface NewCaller extends NewCallerPlace {
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

/** Reads what keys and secrets are used for: counted from each call's row, and independent of how long rows are kept. */
export class UsageStore {
  constructor(private readonly tables: CallLogTables) {}

  /** The last use of each of these keys that was ever used, by its id. */
  async lastUseOf(keyIds: readonly string[]): Promise<Map<string, LastUse>> {
    const uses = new Map<string, LastUse>();
    for (const record of await this.#secretsWhere('key_id', keyIds)) {
      const use = lastUseIn(record);
      const keyId = record['key_id'] as string;
      if (use.at >= (uses.get(keyId)?.at ?? 0)) uses.set(keyId, use);
    }
    return uses;
  }

  /** The last use of each of these secrets that was ever used, by its id. */
  async lastUseOfSecrets(secretIds: readonly string[]): Promise<Map<string, LastUse>> {
    const records = await this.#secretsWhere('secret_id', secretIds);
    return new Map(records.map((record) => [record['secret_id'] as string, lastUseIn(record)]));
  }

  /** The secrets of a key that were ever used, the most recently used first. */
  async secretsOf(keyId: string): Promise<SecretUsage[]> {
    const records = await this.#secretsWhere('key_id', [keyId]);
    const usages = records.map((record) => ({
      secretId: record['secret_id'] as string,
      calls: Number(record['calls']),
      deniedCalls: Number(record['denied_calls']),
      lastUse: lastUseIn(record),
    }));
    return usages.sort((a, b) => b.lastUse.at - a.lastUse.at);
  }

  /**
   * The hours in which a key was used, the earliest first.
   *
   * @param from,to epoch milliseconds: hours that the time between them touches
   * @param secretId where those of one of its secrets alone are asked for
   */
  async hoursOf(
    keyId: string,
    { from, to }: { readonly from: number; readonly to: number },
    secretId?: string,
  ): Promise<HourUsage[]> {
    given({ keyId, from, to, ...(secretId !== undefined && { secretId }) });
    const ofSecret = secretId === undefined ? '' : 'AND secret_id = ?';
    const records = await this.tables.query(
      `SELECT hour, outcome, sum(calls) AS calls FROM ${this.tables.name('secret_hour')}
       WHERE key_id = ? AND hour >= ? AND hour < ? ${ofSecret}
       GROUP BY hour, outcome ORDER BY hour, sum(calls) DESC, outcome`,
      [keyId, from - (from % hourMs), to, ...(secretId === undefined ? [] : [secretId])],
    );
    const hours = new Map<number, OpenHour>();
    for (const record of records) addOutcome(hours, record);
    return [...hours.values()];
  }

  /**
   * The hours in which each of several keys was used, the earliest first, without why calls were denied.
   *
   * @param since epoch milliseconds, in the first hour
   */
  async hoursOfKeys(
    keyIds: readonly string[],
    since: number,
  ): Promise<ReadonlyMap<string, readonly HourSums[]>> {
    given({ since });
    const sql = (marks: string) =>
      `SELECT key_id, hour, sum(calls) AS calls,
         sum(CASE WHEN outcome = '${allowedOutcome}' THEN 0 ELSE calls END) AS denied_calls
       FROM ${this.tables.name('secret_hour')} WHERE key_id IN (${marks}) AND hour >= ?
       GROUP BY key_id, hour ORDER BY key_id, hour`;
    const from = since - (since % hourMs);
    const hours = new Map<string, HourSums[]>();
    for (const record of await this.tables.queryByIds(sql, given(keyIds), [from])) {
      const keyId = record['key_id'] as string;
      const ofKey = hours.get(keyId) ?? [];
      hours.set(keyId, ofKey);
      ofKey.push({
        hour: Number(record['hour']),
        calls: Number(record['calls']),
        deniedCalls: Number(record['denied_calls']),
      });
    }
    return hours;
  }

  /** What a key was used by, on or with, the most recently used first. */
  async usesOf(keyId: string, kind: UseKind): Promise<NamedUsage[]> {
    given({ keyId, kind });
    const records = await this.tables.query(
      `SELECT * FROM ${this.tables.name('key_usage')} WHERE key_id = ? AND kind = ?
       ORDER BY last_used_at DESC, name`,
      [keyId, kind],
    );
    return records.map((record) => ({
      name: record['name'] as string,
      calls: Number(record['calls']),
      deniedCalls: Number(record['denied_calls']),
      firstUsedAt: Number(record['first_used_at']),
      lastUsedAt: Number(record['last_used_at']),
    }));
  }

  /** When each scope that a key, or any key of an account, ever used opened a route last: epoch milliseconds by name. */
  async scopesUsed(
    by: { readonly keyId: string } | { readonly accountId: string },
  ): Promise<Map<string, number>> {
    given(by);
    const [ofKeys, id] =
      'keyId' in by
        ? ['= ?', by.keyId]
        : [
            `IN (SELECT key_id FROM ${this.tables.name('secret_usage')} WHERE account_id = ?)`,
            by.accountId,
          ];
    const records = await this.tables.query(
      `SELECT name, max(last_used_at) AS last_used_at FROM ${this.tables.name('key_usage')}
       WHERE key_id ${ofKeys} AND kind = 'scope' GROUP BY name`,
      [id],
    );
    return new Map(
      records.map((record) => [record['name'] as string, Number(record['last_used_at'])]),
    );
  }

  /** The same for several keys, each for itself: by key, and then by name, which is `*` for those beyond the first thousand. */
  async scopesUsedByKeys(
    keyIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, number>>> {
    const table = this.tables.name('key_usage');
    const sql = (marks: string) =>
      `SELECT key_id, name, last_used_at FROM ${table} WHERE key_id IN (${marks}) AND kind = 'scope'`;
    const uses = new Map<string, Map<string, number>>();
    for (const record of await this.tables.queryByIds(sql, given(keyIds))) {
      const keyId = record['key_id'] as string;
      const ofKey = uses.get(keyId) ?? new Map<string, number>();
      uses.set(keyId, ofKey.set(record['name'] as string, Number(record['last_used_at'])));
    }
    return uses;
  }

  /**
   * New callers of keys that somebody else had used before, in the order in which they came to be known. Who has
   * told of some reads on after the last, and on PostgreSQL from a minute before it: nodes differ by their clocks, and by what
   * they have committed.
   *
   * @param after a place in this list, or the beginning of an instant
   */
  async callersFirstSeenAfter(after: NewCallerPlace | number, limit: number): Promise<NewCaller[]> {
    const place = typeof after === 'number' ? { addedAt: after, keyId: '', ip: '' } : after;
    const { addedAt, keyId, ip } = given(place);
    const table = this.tables.name('key_usage');
    const records = await this.tables.query(
      `SELECT * FROM ${table} AS caller
       WHERE kind = 'caller' AND added_at >= ? AND (added_at, key_id, name) > (?, ?, ?)
         AND EXISTS (SELECT 1 FROM ${table} AS earlier WHERE earlier.key_id = caller.key_id
           AND earlier.kind = 'caller' AND earlier.first_used_at < caller.first_used_at)
       ORDER BY added_at, key_id, name LIMIT ?`,
      [addedAt, addedAt, keyId, ip, limit],
    );
    return records.map((record) => ({
      addedAt: Number(record['added_at']),
      keyId: record['key_id'] as string,
      ip: record['name'] as string,
      firstSeenAt: Number(record['first_used_at']),
      lastSeenAt: Number(record['last_used_at']),
      calls: Number(record['calls']),
      deniedCalls: Number(record['denied_calls']),
    }));
  }

  /**
   * Epoch milliseconds at which this log began to count hours, callers, routes and scopes. Last uses, and the sums of
   * secrets, go back to the beginning of the log.
   */
  async countingSince(): Promise<number> {
    const [record] = await this.tables.query(
      `SELECT since FROM ${this.tables.name('usage_counting')}`,
      [],
    );
    return Number(record?.['since'] ?? 0);
  }

  async #secretsWhere(
    column: 'key_id' | 'secret_id',
    ids: readonly string[],
  ): Promise<Record<string, unknown>[]> {
    const table = this.tables.name('secret_usage');
    const sql = (marks: string) => `SELECT * FROM ${table} WHERE ${column} IN (${marks})`;
    return this.tables.queryByIds(sql, given(ids));
  }
}

function lastUseIn(record: Readonly<Record<string, unknown>>): LastUse {
  return {
    at: Number(record['last_used_at']),
    ip: record['last_used_ip'] as string | null,
    userAgent: record['last_used_user_agent'] as string | null,
    route: record['last_used_route'] as string | null,
  };
}

interface OpenHour extends HourUsage {
  calls: number;
  deniedCalls: number;
  readonly denials: { reason: string; calls: number }[];
}

function addOutcome(hours: Map<number, OpenHour>, record: Readonly<Record<string, unknown>>): void {
  const hour = Number(record['hour']);
  const calls = Number(record['calls']);
  const outcome = record['outcome'] as string;
  const known = hours.get(hour) ?? { hour, calls: 0, deniedCalls: 0, denials: [] };
  hours.set(hour, known);
  known.calls += calls;
  if (outcome === allowedOutcome) return;
  known.deniedCalls += calls;
  known.denials.push({ reason: outcome, calls });
}
