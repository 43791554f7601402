import type { Call } from '../../core/call.js';
import { parseIpRule, type IpRule } from '../../core/ip-allowlist.js';
import { positionsPerMs } from './call-columns.js';
import { ipSortKeyRange, ipv4Keys } from './ip-sort-key.js';

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
  readonly door?: string;
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
}

export interface FilterContext {
  /** The table `secret_usage`, as this database names it. */
  readonly secretUsage: string;
  /** The operator that ignores the case of a to z. */
  readonly like: 'LIKE' | 'ILIKE';
  /** Milliseconds by which a position may be ahead of its call's time. */
  readonly maxSkewMs: number;
}

const equalFields = {
  accountId: 'account_id',
  keyId: 'key_id',
  method: 'method',
  status: 'status',
  decision: 'decision',
  reason: 'reason',
  door: 'door',
} as const;

/** @throws InvalidFilterError */
export function conditionsOf(filter: CallFilter, context: FilterContext): Condition[] {
  const conditions: Condition[] = [];
  const add = (sql: string, ...values: (string | number)[]) => conditions.push({ sql, values });
  for (const [field, column] of Object.entries(equalFields)) {
    const value = filter[field as keyof typeof equalFields];
    if (value !== undefined) add(`${column} = ?`, value);
  }
  const { secretId, ip, path, q } = filter;
  if (secretId !== undefined) {
    add('secret_id = ?', secretId);
    // A secret belongs to one key, and keys have an index.
    add(`key_id = (SELECT key_id FROM ${context.secretUsage} WHERE secret_id = ?)`, secretId);
  }
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
  conditions.push(...timeConditions(filter, context.maxSkewMs));
  return conditions;
}

/** Rows lie by position, not by time; a position is never before its call's time, and how far after is on record. */
function timeConditions({ from, to }: CallFilter, maxSkewMs: number): Condition[] {
  const conditions: Condition[] = [];
  if (from !== undefined) {
    conditions.push(
      { sql: 'at >= ?', values: [from] },
      { sql: 'position >= ?', values: [positionAt(from)] },
    );
  }
  if (to !== undefined) {
    conditions.push(
      { sql: 'at < ?', values: [to] },
      { sql: 'position < ?', values: [positionAt(to + maxSkewMs + 1)] },
    );
  }
  return conditions;
}

/** The first position of a millisecond, within what a position can be. */
function positionAt(ms: number): number {
  return Math.min(Math.max(ms * positionsPerMs, 0), Number.MAX_SAFE_INTEGER);
}

function ipConditions(text: string): Condition[] {
  const { first, last } = ipSortKeyRange(readRule(text));
  const inRange = { sql: 'caller_ip_key BETWEEN ? AND ?', values: [first, last] };
  const holdsAllIpv4 = first < ipv4Keys.first && last > ipv4Keys.last;
  if (!holdsAllIpv4) return [inRange];
  return [
    inRange,
    { sql: 'caller_ip_key NOT BETWEEN ? AND ?', values: [ipv4Keys.first, ipv4Keys.last] },
  ];
}

function readRule(text: string): IpRule {
  const reading = parseIpRule(text, { allowAny: true });
  if (!reading.ok) throw new InvalidFilterError('ip', reading.why);
  return reading.rule;
}
