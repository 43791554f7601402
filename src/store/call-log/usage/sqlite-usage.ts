import type { Database, Statement } from 'better-sqlite3';
import type { Usage } from './usage.js';
import { noPlaces, placeUses, type KeyUse, type PlaceCounts } from './key-use.js';

// The bare columns of a SET are the row's values from before, so "last" follows the later of the two.
const countSecret = `INSERT INTO secret_usage
    (secret_id, key_id, account_id, calls, denied_calls,
      last_used_at, last_used_ip, last_used_user_agent, last_used_route)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (secret_id) DO UPDATE SET
    calls = calls + excluded.calls,
    denied_calls = denied_calls + excluded.denied_calls,
    last_used_at = max(last_used_at, excluded.last_used_at),
    last_used_ip = iif(excluded.last_used_at >= last_used_at, excluded.last_used_ip, last_used_ip),
    last_used_user_agent =
      iif(excluded.last_used_at >= last_used_at, excluded.last_used_user_agent, last_used_user_agent),
    last_used_route = iif(excluded.last_used_at >= last_used_at, excluded.last_used_route, last_used_route)`;

const countHour = `INSERT INTO secret_hour (key_id, hour, secret_id, outcome, calls) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (key_id, hour, secret_id, outcome) DO UPDATE SET calls = calls + excluded.calls`;

const addToKnown = `UPDATE key_usage SET calls = calls + ?, denied_calls = denied_calls + ?,
    first_used_at = min(first_used_at, ?), last_used_at = max(last_used_at, ?)
  WHERE key_id = ? AND kind = ? AND name = ?`;

const findName = `SELECT 1 FROM key_usage WHERE key_id = ? AND kind = ? AND name = ?`;

const addName = `INSERT INTO key_usage
    (key_id, kind, name, calls, denied_calls, first_used_at, last_used_at, added_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;

const findCounts = `SELECT caller, route, scope FROM key_usage_places WHERE key_id = ?`;

const setCounts = `INSERT INTO key_usage_places (key_id, caller, route, scope) VALUES (?, ?, ?, ?)
  ON CONFLICT (key_id) DO UPDATE SET caller = excluded.caller, route = excluded.route, scope = excluded.scope`;

/** Counts what keys are used for, within the transaction that is open. */
export class SqliteUsageCounter {
  readonly #countSecret: Statement;
  readonly #countHour: Statement;
  readonly #addToKnown: Statement;
  readonly #findName: Statement;
  readonly #addName: Statement;
  readonly #findCounts: Statement<[string], PlaceCounts>;
  readonly #setCounts: Statement;

  constructor(database: Database) {
    this.#countSecret = database.prepare(countSecret);
    this.#countHour = database.prepare(countHour);
    this.#addToKnown = database.prepare(addToKnown);
    this.#findName = database.prepare(findName);
    this.#addName = database.prepare(addName);
    this.#findCounts = database.prepare(findCounts);
    this.#setCounts = database.prepare(setCounts);
  }

  /** A little with each step. */
  *counting(usage: Usage): Generator<void> {
    for (const { use, hours } of usage.secrets()) {
      this.#countSecret.run(
        ...[use.secretId, use.keyId, use.accountId, use.calls, use.deniedCalls, use.lastUsedAt],
        ...[use.lastUsedIp, use.lastUsedUserAgent, use.lastUsedRoute],
      );
      for (const { keyId, hour, secretId, outcome, calls } of hours)
        this.#countHour.run(keyId, hour, secretId, outcome, calls);
      yield;
    }
    for (const uses of usage.keys()) {
      const strangers = uses.filter((use) => !this.#addsToKnown(use));
      if (strangers.length > 0) this.#place(strangers);
      yield;
    }
  }

  #addsToKnown({ keyId, kind, name, ...use }: KeyUse): boolean {
    const { calls, deniedCalls, firstUsedAt, lastUsedAt } = use;
    const values = [calls, deniedCalls, firstUsedAt, lastUsedAt, keyId, kind, name];
    return this.#addToKnown.run(...values).changes > 0;
  }

  #place(strangers: readonly KeyUse[]): void {
    const { uses, places } = placeUses(
      strangers,
      (keyId) => this.#findCounts.get(keyId) ?? noPlaces,
      ({ keyId, kind, name }) => this.#findName.get(keyId, kind, name) !== undefined,
    );
    const now = Date.now();
    for (const use of uses) {
      if (this.#addsToKnown(use)) continue;
      const { keyId, kind, name, calls, deniedCalls, firstUsedAt, lastUsedAt } = use;
      this.#addName.run(...[keyId, kind, name, calls, deniedCalls, firstUsedAt, lastUsedAt, now]);
    }
    for (const [keyId, { caller, route, scope }] of places)
      this.#setCounts.run(keyId, caller, route, scope);
  }
}
