import { positionsPerMs } from '../call-columns.js';
import type { CallFilter } from './call-filter.js';
import { countOf, rowsOf, type CallPath, type Slice } from './call-path.js';
import type { CallPaths } from './call-paths.js';
import type { CallTable, LogRecord, PositionRange } from './call-table.js';

/** How often one value of a field came. */
export interface ValueCount {
  /** As text; `null`: the calls had none. */
  readonly value: string | null;
  readonly calls: number;
  readonly deniedCalls: number;
}

/** The values that came most often, the most frequent first. */
export interface Ranking {
  readonly results: readonly ValueCount[];
  /** Calls with any other value. */
  readonly otherCalls: number;
}

export interface TimeCount {
  /** Epoch milliseconds at which the interval begins. */
  readonly from: number;
  readonly calls: number;
  readonly deniedCalls: number;
}

export type CountedField = keyof typeof countedFields;

/** What there is of the calls that match. */
export interface CallCounts {
  readonly calls: number;
  readonly deniedCalls: number;
  /** Whether some of it was worked out from a part of the calls. */
  readonly estimated: boolean;
  readonly intervalMs: number;
  /** Intervals with calls, the earliest first. */
  readonly times: readonly TimeCount[];
  readonly by: Readonly<Record<CountedField, Ranking>>;
  /** Names of the keys in their ranking, by id. */
  readonly keyNames: ReadonlyMap<string, string>;
}

const countedFields = {
  status: 'status',
  reason: 'reason',
  key: 'key_id',
  ip: 'caller_ip',
  route: 'route',
} as const;

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];
const intervals = [
  ...[minute, 5 * minute, 15 * minute, hour, 3 * hour, 6 * hour, 12 * hour],
  ...[day, 2 * day, 7 * day, 14 * day, 28 * day, 56 * day],
];
const intervalsMax = 100;
const valuesMax = 50;
/** Rows that are counted beside those that are read: an index is counted fast, rows themselves are not. */
const countedMax = { byIndex: 50_000, byPosition: 5_000 };

const columns = `${Object.values(countedFields).join(', ')}, key_name, decision, at`;

/** Counts what a filter finds, for charts: in bounded time, however much it finds. */
export class CallCounter {
  /** @param rowsMax that are read, in all: where there are more, a part of each interval speaks for the rest of it */
  constructor(
    private readonly rows: CallTable,
    private readonly paths: CallPaths,
    private readonly rowsMax: number,
  ) {}

  /** @throws InvalidFilterError */
  async count(filter: CallFilter): Promise<CallCounts> {
    const path = await this.paths.to(filter);
    const range = path === null ? null : await this.#narrowed(path, filter);
    if (path === null || range === null) return new Tally(minute).counts();
    const [from, to] = [msOf(range.lowest), msOf(range.highest)];
    const intervalMs = intervalFor(to - from);
    const tally = new Tally(intervalMs);
    const first = from - (from % intervalMs);
    const count = Math.floor((to - first) / intervalMs) + 1;
    const rowsEach = Math.max(Math.ceil(this.rowsMax / count), 20);
    for (let start = first; start <= to; start += intervalMs) {
      const highest = (start + intervalMs) * positionsPerMs - 1;
      const within = {
        lowest: Math.max(range.lowest, start * positionsPerMs),
        highest: Math.min(range.highest, highest),
      };
      await this.#countWithin(path, within, rowsEach, tally);
    }
    return tally.counts();
  }

  /** Where the first and the last row of a path lie. */
  async #narrowed(path: CallPath, filter: CallFilter): Promise<PositionRange | null> {
    const range = await this.paths.rangeOf(filter);
    if (range.lowest > range.highest) return null;
    const [newest, oldest] = await Promise.all([
      this.paths.slice(path, range, 'newest', 1),
      this.paths.slice(path, range, 'oldest', 1),
    ]);
    if (newest === null || oldest === null) return null;
    return { lowest: oldest.range.highest, highest: newest.range.lowest };
  }

  async #countWithin(
    path: CallPath,
    within: PositionRange,
    rowsMax: number,
    tally: Tally,
  ): Promise<void> {
    const slice = await this.paths.slice(path, within, 'newest', rowsMax);
    if (slice === null) return;
    const { sql, values, by } = rowsOf(path, slice.range);
    const records = await this.rows.read({
      sql: `SELECT ${columns} FROM {call} ${sql}`,
      values,
      ...{ range: slice.range, order: 'newest', by },
    });
    tally.add(records, await this.#weightOf(path, within, slice));
  }

  /** How many rows of a range each row of its newest part stands for. */
  async #weightOf(path: CallPath, whole: PositionRange, part: Slice): Promise<number> {
    const rest = { lowest: whole.lowest, highest: part.range.lowest - 1 };
    if (rest.lowest > rest.highest) return 1;
    const max = path.index === null ? countedMax.byPosition : countedMax.byIndex;
    const statement = countOf(path, rest, max);
    const records = await this.rows.read({ ...statement, range: rest, order: 'newest' });
    const inRest = records.reduce((sum, { found }) => sum + Number(found), 0);
    if (inRest < max) return (part.rows + inRest) / part.rows;
    // Too many to count. They are as dense as those that were read.
    return (whole.highest - whole.lowest + 1) / (whole.highest - part.range.lowest + 1);
  }
}

interface Count {
  calls: number;
  deniedCalls: number;
}

class Tally {
  readonly #all: Count = { calls: 0, deniedCalls: 0 };
  readonly #times = new Map<number, Count>();
  readonly #values: Record<CountedField, Map<string | null, Count>> = {
    ...{ status: new Map(), reason: new Map(), key: new Map() },
    ...{ ip: new Map(), route: new Map() },
  };
  readonly #keyNames = new Map<string, string>();
  #estimated = false;

  constructor(private readonly intervalMs: number) {}

  /** @param weight how many calls each of them stands for */
  add(records: readonly LogRecord[], weight: number): void {
    if (weight !== 1) this.#estimated = true;
    for (const record of records) {
      const denied = record['decision'] === 'denied' ? weight : 0;
      const at = Number(record['at']);
      increase(this.#all, weight, denied);
      increase(countAt(this.#times, at - (at % this.intervalMs)), weight, denied);
      for (const [field, column] of Object.entries(countedFields)) {
        const value = record[column] ?? null;
        const counts = this.#values[field as CountedField];
        increase(countAt(counts, value === null ? null : String(value)), weight, denied);
      }
      if (record['key_id'] !== null && record['key_name'] !== null)
        this.#keyNames.set(record['key_id'] as string, record['key_name'] as string);
    }
  }

  counts(): CallCounts {
    const { status, reason, key, ip, route } = this.#values;
    const times = [...this.#times].map(([from, count]) => ({ from, ...rounded(count) }));
    return {
      ...rounded(this.#all),
      estimated: this.#estimated,
      intervalMs: this.intervalMs,
      times: times.sort((one, other) => one.from - other.from),
      by: {
        ...{ status: ranked(status), reason: ranked(reason), key: ranked(key) },
        ...{ ip: ranked(ip), route: ranked(route) },
      },
      keyNames: this.#keyNames,
    };
  }
}

function ranked(counts: ReadonlyMap<string | null, Count>): Ranking {
  const all = [...counts].sort(([a, one], [b, other]) =>
    other.calls === one.calls ? (String(a) < String(b) ? -1 : 1) : other.calls - one.calls,
  );
  const others = all.slice(valuesMax).reduce((sum, [, { calls }]) => sum + calls, 0);
  const results = all.slice(0, valuesMax).map(([value, count]) => ({ value, ...rounded(count) }));
  return { results, otherCalls: Math.round(others) };
}

function countAt<T>(counts: Map<T, Count>, at: T): Count {
  const count = counts.get(at) ?? { calls: 0, deniedCalls: 0 };
  counts.set(at, count);
  return count;
}

function increase(count: Count, calls: number, deniedCalls: number): void {
  count.calls += calls;
  count.deniedCalls += deniedCalls;
}

function rounded({ calls, deniedCalls }: Count): Count {
  return { calls: Math.round(calls), deniedCalls: Math.round(deniedCalls) };
}

function intervalFor(spanMs: number): number {
  return intervals.find((ms) => spanMs / ms < intervalsMax) ?? (intervals.at(-1) as number);
}

function msOf(position: number): number {
  return Math.floor(position / positionsPerMs);
}
