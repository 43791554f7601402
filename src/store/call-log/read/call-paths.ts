import { given } from '../../given.js';
import {
  amongAddresses,
  conditionsOf,
  networkOf,
  rangeOf,
  type CallFilter,
  type Condition,
} from './call-filter.js';
import type { CallLogTables } from './call-log-tables.js';
import { addressesBetween, edgeOf, pathOf, upTo, type CallPath, type Slice } from './call-path.js';
import { everywhere, type CallOrder, type CallTable, type PositionRange } from './call-table.js';
import type { KeyRange } from '../ip-sort-key.js';

/** Addresses of a network that are looked for one by one. */
const addressesMax = 50;

/** Finds the way to the rows of a filter, from what the log knows of it. */
export class CallPaths {
  /** @param rows of the same log */
  constructor(
    private readonly tables: CallLogTables,
    private readonly rows: CallTable,
  ) {}

  /** `null`: there can be no such call. @param more what the rows have to match beside the filter */
  async to(filter: CallFilter, more: readonly Condition[] = []): Promise<CallPath | null> {
    given(filter);
    // No text in the log holds NUL, and PostgreSQL takes none.
    if (Object.values(filter).some((value) => String(value).includes('\0'))) return null;
    const { accountId, secretId, ip } = filter;
    // Once for all that follows: while calls come, one reading after another would each wait for the last of them.
    if ([accountId, filter.keyId, secretId, ip].some((value) => value !== undefined))
      await this.tables.caughtUp();
    const keyOfSecret = await this.#keyOfSecret(secretId);
    if (keyOfSecret === null) return null;
    const context = { like: this.rows.like, ...(keyOfSecret && { keyOfSecret }) };
    const conditions = [...conditionsOf(filter, context), ...more];
    const { keyId = keyOfSecret } = filter;
    // What one account is told must not depend on the rows of another: on how many there are, or how far one has come among them.
    if (accountId !== undefined)
      return pathOf(conditions, [(await this.#isOf(keyId, accountId)) ? 'key' : 'account']);
    const path = pathOf(conditions, ['key', 'ip']);
    const network = networkOf(filter);
    if (network === null || path.index?.index === 'key') return path;
    const addresses = await this.#addressesIn(network);
    if (addresses === null) return path;
    if (addresses.length === 0) return null;
    const { ip: _network, ...others } = filter;
    return pathOf([...conditionsOf(others, context), ...more, amongAddresses(addresses)], ['ip']);
  }

  /** Where the rows of a filter can lie. */
  async rangeOf(filter: CallFilter): Promise<PositionRange> {
    return rangeOf(filter, filter.to === undefined ? 0 : await this.#maxSkewMs());
  }

  /** The beginning of a range, with so many rows of a path at most; `null` if there is none in all of it. */
  async slice(
    path: CallPath,
    range: PositionRange,
    order: CallOrder,
    rows: number,
  ): Promise<Slice | null> {
    const statement = edgeOf(path, range, order, rows);
    const [record] = await this.rows.read({ ...statement, range, order, limit: 1 });
    if (record === undefined) return null;
    return { range: upTo(range, Number(record['edge']), order), rows: Number(record['found']) };
  }

  /** Those of a network that are on the log, or `null` if they are too many to look for each. */
  async #addressesIn({ first, last }: KeyRange): Promise<string[] | null> {
    const statement = addressesBetween(first, last, addressesMax + 1);
    const records = await this.rows.read({ ...statement, range: everywhere, order: 'newest' });
    const found = new Set(records.map(({ ip }) => ip as string));
    return found.size > addressesMax ? null : [...found];
  }

  /** Its key, `undefined` without a secret, or `null` for one that was never used. */
  async #keyOfSecret(secretId: string | undefined): Promise<string | null | undefined> {
    if (secretId === undefined) return undefined;
    const table = this.tables.name('secret_usage');
    const sql = `SELECT key_id FROM ${table} WHERE secret_id = ?`;
    const [record] = await this.tables.queryNow(sql, [secretId]);
    return (record?.['key_id'] as string | undefined) ?? null;
  }

  /** Whether there is a key, and it was ever used and is of this account. */
  async #isOf(keyId: string | undefined, accountId: string): Promise<boolean> {
    if (keyId === undefined) return false;
    const table = this.tables.name('secret_usage');
    const sql = `SELECT 1 FROM ${table} WHERE key_id = ? AND account_id = ? LIMIT 1`;
    return (await this.tables.queryNow(sql, [keyId, accountId])).length > 0;
  }

  async #maxSkewMs(): Promise<number> {
    const sql = `SELECT max(max_skew_ms) AS skew FROM ${this.tables.name('call_node')}`;
    const [record] = await this.tables.query(sql, []);
    return Number(record?.['skew'] ?? 0);
  }
}
