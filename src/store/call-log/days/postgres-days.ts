import type pg from 'pg';
import { dayAt, dayOfPosition, nameOfDay, positionsOf, type Day } from './call-day.js';
import { columnIndex, rowWidth, type Cell } from '../call-columns.js';

/** First half of the number under which a day is locked while its partition is made or removed; the day is the second. */
export const dayLocks = 0x6c_6b_64_79;

/** Days after today for which there is a partition before anybody asks: a node may then be ahead, or unable to make one. */
const daysAhead = 2;
/** Milliseconds until what could not be made ahead is tried again. */
const aheadRetryMs = 60_000;
/** Milliseconds for which another node that makes or removes the same day is waited for. */
const lockMs = 2_000;

const position = columnIndex('position');

/** A partition of the table `call`: the positions from one that is included to one that is not. */
export interface Partition {
  /** Without the schema. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Its removal was begun, and has to be completed. */
  readonly isLeaving: boolean;
}

export const listPartitions = `SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bounds,
    inhdetachpending AS "isLeaving"
  FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
  WHERE inhparent = 'call_log.call'::regclass ORDER BY child.relname`;

export async function readPartitions(client: pg.ClientBase): Promise<Partition[]> {
  const { rows } = await client.query<ListedPartition>(listPartitions);
  return partitionsOf(rows);
}

interface ListedPartition {
  readonly name: string;
  readonly bounds: string;
  readonly isLeaving: boolean;
}

/** @param rows that `listPartitions` found */
export function partitionsOf(rows: readonly ListedPartition[]): Partition[] {
  return rows.map(({ name, bounds, isLeaving }) => {
    const [, from = '', to = ''] =
      /^FOR VALUES FROM \('?(\w+)'?\) TO \('?(\w+)'?\)$/.exec(bounds) ?? [];
    return {
      name,
      from: from === 'MINVALUE' ? -Infinity : Number(from),
      to: Number(to),
      isLeaving,
    };
  });
}

/**
 * The days for which PostgreSQL has a partition, as one node knows them; and makes those that are missing. Never within a
 * transaction that is open: what fails here spoils no group.
 */
export class PostgresDays {
  #partitions: readonly Partition[] = [];
  readonly #known = new Set<Day>();
  #madeAheadFor: Day | null = null;
  #nextTryAt = 0;

  /** Reads them, and sees to the days ahead. */
  async open(client: pg.ClientBase): Promise<void> {
    this.#madeAheadFor = null;
    this.#nextTryAt = 0;
    await this.#read(client);
    await this.#makeAhead(client);
  }

  /** Makes sure of a partition for each of these rows. @throws the driver's error */
  async cover(client: pg.ClientBase, cells: readonly Cell[]): Promise<void> {
    await this.#makeAhead(client);
    for (let row = 0; row < cells.length; row += rowWidth) {
      const day = dayOfPosition(cells[row + position] as number);
      if (!this.#has(day)) await this.#make(client, day);
    }
  }

  /** Reads them anew: another node has removed one. */
  async reread(client: pg.ClientBase): Promise<void> {
    await this.#read(client);
  }

  async #read(client: pg.ClientBase): Promise<void> {
    this.#partitions = await readPartitions(client);
    this.#known.clear();
  }

  #has(day: Day): boolean {
    if (this.#known.has(day)) return true;
    const { lowest, highest } = positionsOf(day);
    const has = this.#partitions.some(
      ({ from, to, isLeaving }) => !isLeaving && from <= lowest && highest < to,
    );
    if (has) this.#known.add(day);
    return has;
  }

  async #make(client: pg.ClientBase, day: Day): Promise<void> {
    await makePartition(client, day);
    await this.#read(client);
  }

  /** A day that cannot be made ahead is no trouble yet. */
  async #makeAhead(client: pg.ClientBase): Promise<void> {
    const now = Date.now();
    const today = dayAt(now);
    if (this.#madeAheadFor === today || now < this.#nextTryAt) return;
    this.#nextTryAt = now + aheadRetryMs;
    try {
      for (let day = today; day <= today + daysAhead; day += 1)
        if (!this.#has(day)) await this.#make(client, day);
      this.#madeAheadFor = today;
    } catch (error) {
      if (!isOfServer(error)) throw error;
    }
  }
}

/**
 * Makes the partition of a day, unless it is there. It is made as a table of its own and then attached, which keeps nobody
 * from reading or writing the others; nodes that want the same one take turns.
 */
async function makePartition(client: pg.ClientBase, day: Day): Promise<void> {
  const { lowest, highest } = positionsOf(day);
  const name = partitionName(day);
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${lockMs}`);
    await client.query('SELECT pg_advisory_xact_lock($1, $2)', [dayLocks, day]);
    const partitions = await readPartitions(client);
    if (
      !partitions.some(({ from, to, isLeaving }) => !isLeaving && from <= lowest && highest < to)
    ) {
      await finishRemoval(client, name, partitions);
      await client.query(
        `CREATE TABLE call_log.${name} (LIKE call_log.call INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)`,
      );
      await client.query(
        `ALTER TABLE call_log.call ATTACH PARTITION call_log.${name} FOR VALUES FROM (${lowest}) TO (${highest + 1})`,
      );
    }
    await client.query('COMMIT');
  } catch (error) {
    if (isOfServer(error)) await client.query('ROLLBACK');
    throw error;
  }
}

/** Drops a day's table that is no partition any more, or is about to become none. */
export async function finishRemoval(
  client: pg.ClientBase,
  name: string,
  partitions: readonly Partition[],
): Promise<void> {
  if (partitions.some((partition) => partition.name === name && partition.isLeaving))
    await client.query(`ALTER TABLE call_log.call DETACH PARTITION call_log.${name} FINALIZE`);
  await client.query(`DROP TABLE IF EXISTS call_log.${name}`);
}

/** `call_2026_11_26` */
export function partitionName(day: Day): string {
  return `call_${nameOfDay(day).replaceAll('-', '_')}`;
}

/** Whether no partition takes the row: SQLSTATE check_violation, as of a constraint, but of none. */
export function isWithoutPartition(error: unknown): boolean {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return code === '23514' && constraint === undefined;
}

/** Whether the server refused a statement, on a connection that is as good as before. */
function isOfServer(error: unknown): boolean {
  // The severity is the server's alone; a connection that broke has a code of its own.
  const { severity, code = '' } = error as { severity?: unknown; code?: string };
  return severity !== undefined && !/^(?:08|57P)/.test(code);
}
