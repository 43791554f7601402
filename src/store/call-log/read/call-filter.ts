import type { Call } from '../../../core/call.js';
import { parseIpRule, type IpRule } from '../../../core/ip-allowlist.js';
import { given } from '../../given.js';
import { positionsPerMs } from '../call-columns.js';
import { callIndexes, type CallIndex } from '../days/call-indexes.js';
import { everywhere, type PositionRange } from './call-table.js';
import { ipSortKeyRange, ipv4Keys, type KeyRange } from '../ip-sort-key.js';

/** What to look for. Every field that is given must match. */
export interface CallFilter {
  readonly accountId?: string;
  readonly keyId?: string;
  readonly secretId?: string;
  /** An address, or a network in CIDR notation. */
  readonly ip?: string;
  readonly method?: string;
  /** The beginning of the path; with a `{` in it, a route's whole template. */
  readonly path?: string;
  readonly status?: number;
  readonly decision?: Call['decision'];
  readonly reason?: string;
  /** What a list that only reports would have said. */
  readonly wouldDeny?: string;
  readonly door?: string;
  /** Whether somebody who was signed in made it, or anybody else. */
  readonly by?: 'callers' | 'people';
  /** Epoch milliseconds, included. */
  readonly from?: number;
  /** Epoch milliseconds, not included. */
  readonly to?: number;
  /** Contained in the path or the user agent; a to z match in either case. */
  readonly q?: string;
}

/** Thrown for a filter value that means nothing. Its message says what is wrong with the value. */
export class InvalidFilterError extends Error {
  override readonly name = 'InvalidFilterError';

  constructor(
    readonly field: keyof CallFilter,
    message: string,
  ) {
    super(message);
  }
}

/** A condition with `?` for each of its values, in the part of SQL that both databases share. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
  /** The index that answers it in the order of positions. */
  readonly index?: CallIndex;
  /** The same as several conditions, each of which that index answers: rows that match any of them. */
  readonly anyOf?: readonly Condition[];
}

export interface FilterContext {
  /** The operator that ignores the case of a to z. */
  readonly like: 'LIKE' | 'ILIKE';
  /** The key that the filter's secret is of, if it is known: keys have an index. */
  readonly keyOfSecret?: string;
}

const equalFields = {
  method: 'method',
  status: 'status',
  decision: 'decision',
  reason: 'reason',
  wouldDeny: 'would_deny',
  door: 'door',
} as const;

/** @throws InvalidFilterError */
export function conditionsOf(filter: CallFilter, context: FilterContext): Condition[] {
  given(filter);
  const conditions: Condition[] = [];
  const add = (sql: string, ...values: (string | number)[]) => conditions.push({ sql, values });
  for (const [field, column] of Object.entries(equalFields)) {
    const value = filter[field as keyof typeof equalFields];
    if (value !== undefined) add(`${column} = ?`, value);
  }
  const { accountId, keyId, secretId, by, ip, path, q } = filter;
  const { keyOfSecret } = context;
  if (accountId !== undefined) conditions.push(byIndex('account', accountId));
  if (keyId !== undefined) conditions.push(byIndex('key', keyId));
  if (keyOfSecret !== undefined) conditions.push(byIndex('key', keyOfSecret));
  if (by !== undefined) add(`credential ${by === 'people' ? '=' : '<>'} 'session'`);
  if (secretId !== undefined) add('secret_id = ?', secretId);
  if (ip !== undefined) conditions.push(...ipConditions(ip));
  if (path?.includes('{')) add('route = ?', path);
  else if (path !== undefined) add('substr(path, 1, length(CAST(? AS TEXT))) = ?', path, path);
  if (q !== undefined) {
    const pattern = `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
    add(
      `(path ${context.like} ? ESCAPE '\\' OR user_agent ${context.like} ? ESCAPE '\\')`,
      pattern,
      pattern,
    );
  }
  if (filter.from !== undefined) add('at >= ?', filter.from);
  if (filter.to !== undefined) add('at < ?', filter.to);
  return conditions;
}

/**
 * Where the rows of a filter's time can lie: by position, not by time. A position is never before its call's time.
 *
 * @param maxSkewMs milliseconds by which it may be ahead of it
 */
export function rangeOf({ from, to }: CallFilter, maxSkewMs: number): PositionRange {
  return {
    lowest: from === undefined ? everywhere.lowest : positionAt(from),
    highest: to === undefined ? everywhere.highest : positionAt(to + maxSkewMs + 1),
  };
}

/** One bound of each kind: of two, SQLite would begin its scan at whichever it likes. */
export function conditionsOfRange({ lowest, highest }: PositionRange): Condition[] {
  const conditions: Condition[] = [];
  if (lowest > everywhere.lowest) conditions.push({ sql: 'position >= ?', values: [lowest] });
  if (highest < everywhere.highest) conditions.push({ sql: 'position <= ?', values: [highest] });
  return conditions;
}

/** The first position of a millisecond, within what a position can be. */
function positionAt(ms: number): number {
  return Math.min(Math.max(ms * positionsPerMs, 0), Number.MAX_SAFE_INTEGER);
}

/** The addresses a filter asks for, as they sort; `null` where it does not ask for a network, or for one that holds all of IPv4. */
export function networkOf({ ip }: CallFilter): KeyRange | null {
  if (ip === undefined) return null;
  const range = ipSortKeyRange(readRule(ip));
  return range.first === range.last || holdsAllIpv4(range) ? null : range;
}

/** The same as `networkOf` asks for, where these are all of its addresses that there are. */
export function amongAddresses(keys: readonly string[]): Condition {
  return {
    sql: `caller_ip_key IN (${keys.map(() => '?').join(', ')})`,
    values: keys,
    index: 'ip',
    anyOf: keys.map((key) => byIndex('ip', key)),
  };
}

function ipConditions(text: string): Condition[] {
  const range = ipSortKeyRange(readRule(text));
  const { first, last } = range;
  if (first === last) return [byIndex('ip', first)];
  const inRange = { sql: 'caller_ip_key BETWEEN ? AND ?', values: [first, last] };
  if (!holdsAllIpv4(range)) return [inRange];
  return [
    inRange,
    { sql: 'caller_ip_key NOT BETWEEN ? AND ?', values: [ipv4Keys.first, ipv4Keys.last] },
  ];
}

function holdsAllIpv4({ first, last }: KeyRange): boolean {
  return first < ipv4Keys.first && last > ipv4Keys.last;
}

function byIndex(index: CallIndex, value: string): Condition {
  return { sql: `${callIndexes[index]} = ?`, values: [value], index };
}

function readRule(text: string): IpRule {
  const reading = parseIpRule(text, { allowAny: true });
  if (!reading.ok) throw new InvalidFilterError('ip', reading.why);
  return reading.rule;
}
