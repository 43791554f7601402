import type pg from 'pg';
import type { CallPruning } from './call-pruning.js';
import { firstKeptPosition, firstPositionAt, lastHourBefore } from './call-pruning.js';
import { dayNamed, dayOfPosition } from '../days/call-day.js';
import { dayLocks, finishRemoval, readPartitions, type Partition } from '../days/postgres-days.js';

/** Rows of one transaction: nobody who wants one of them waits for long. */
const rowsAtOnce = 500;
/** Milliseconds for a statement; to detach a partition takes as long as the longest search that is under way. */
const statementMsMax = 10_000;
const connectionMsMax = 5_000;

/** In place of a day, for its lock: the partition of what was there before there were days, and the removal of any. */
const beforeDays = -1;
const anyDay = -2;

const oldestCalls = (ofAccount: string) => `SELECT position, node_id FROM call_log.call
  WHERE ${ofAccount} AND position < $1 ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED`;

const deleteCalls = `DELETE FROM call_log.call USING unnest($1::bigint[], $2::text[]) AS old (position, node_id)
  WHERE call.position = old.position AND call.node_id = old.node_id AND call.position BETWEEN $3 AND $4`;

// A row that somebody holds is left for later: who never waits takes part in no deadlock.
const deleteHours = `DELETE FROM call_log.secret_hour WHERE (key_id, hour, secret_id, outcome) IN (
    SELECT key_id, hour, secret_id, outcome FROM call_log.secret_hour
    WHERE key_id = ANY ($1::text[]) AND hour <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED)`;

// Who counts a key holds this row of it; the uses are looked at only once it is ours.
const lockKey = `SELECT key_id FROM call_log.key_usage_places WHERE key_id = (
    SELECT key_id FROM call_log.key_usage WHERE key_id = ANY ($1::text[]) AND last_used_at < $2
    ORDER BY key_id LIMIT 1)
  FOR UPDATE`;

const deleteUses = `DELETE FROM call_log.key_usage WHERE key_id = $1 AND (kind, name) IN (
    SELECT kind, name FROM call_log.key_usage WHERE key_id = $1 AND last_used_at < $2 LIMIT $3)
  RETURNING kind`;

const lowerPlaces = `UPDATE call_log.key_usage_places
  SET caller = caller - $2, route = route - $3, scope = scope - $4 WHERE key_id = $1`;

/** Takes old things out of a log on PostgreSQL, over a connection of its own. */
export class PostgresPruner implements CallPruning {
  readonly #url: string;
  #client: pg.Client | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  async dropDays(beforeMs: number): Promise<number> {
    const client = await this.#connected();
    const firstKept = firstKeptPosition(beforeMs, Date.now());
    // PostgreSQL detaches one partition of a table at a time; another node that is at it does it for this one as well.
    const dropped = await locked(client, anyDay, () => dropBefore(client, firstKept));
    return dropped ?? 0;
  }

  async deleteCalls(accountId: string | null, beforeMs: number, limit: number): Promise<number> {
    const before = firstPositionAt(beforeMs);
    const sql = oldestCalls(accountId === null ? 'account_id IS NULL' : 'account_id = $3');
    const values = accountId === null ? [] : [accountId];
    return this.#inPieces(limit, async (client, rows) => {
      const { rows: found } = await client.query<{ position: string; node_id: string }>(sql, [
        ...[before, rows],
        ...values,
      ]);
      const positions = found.map(({ position }) => position);
      if (positions.length === 0) return 0;
      const nodes = found.map(({ node_id: nodeId }) => nodeId);
      const ends = [positions[0], positions.at(-1)];
      return (await client.query(deleteCalls, [positions, nodes, ...ends])).rowCount ?? 0;
    });
  }

  async deleteHours(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    const last = lastHourBefore(beforeMs);
    return this.#inPieces(
      limit,
      async (client, rows) => (await client.query(deleteHours, [keyIds, last, rows])).rowCount ?? 0,
    );
  }

  async deleteUses(keyIds: readonly string[], beforeMs: number, limit: number): Promise<number> {
    let deleted = 0;
    while (deleted < limit) {
      const piece = Math.min(rowsAtOnce, limit - deleted);
      const found = await this.#transaction((client) =>
        deleteUsesOfOne(client, { keyIds, beforeMs, limit: piece }),
      );
      if (found === null) break;
      deleted += found;
    }
    return deleted;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end();
  }

  async #inPieces(
    limit: number,
    remove: (client: pg.Client, rows: number) => Promise<number>,
  ): Promise<number> {
    let deleted = 0;
    while (deleted < limit) {
      const piece = Math.min(rowsAtOnce, limit - deleted);
      const found = await this.#transaction((client) => remove(client, piece));
      deleted += found;
      if (found < piece) break;
    }
    return deleted;
  }

  async #transaction<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#connected();
    try {
      const startedAt = performance.now();
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT');
      // Others have the disk for as long.
      const tookMs = performance.now() - startedAt;
      await new Promise((resolve) => setTimeout(resolve, tookMs));
      return result;
    } catch (error) {
      // It may be broken, or inside a failed transaction: the next piece has a new one.
      this.#client = null;
      void client.end().catch(() => {});
      throw error;
    }
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client !== null) return this.#client;
    const { Client } = (await import('pg')).default;
    const client = new Client({
      connectionString: this.#url,
      application_name: 'latchkey retention',
      connectionTimeoutMillis: connectionMsMax,
      query_timeout: 2 * statementMsMax,
      statement_timeout: statementMsMax,
      idle_in_transaction_session_timeout: connectionMsMax,
      keepAlive: true,
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}

/** Of one key, so that no two locks are held. @returns how many, or `null` where no key has any that are old */
async function deleteUsesOfOne(
  client: pg.Client,
  { keyIds, beforeMs, limit }: { keyIds: readonly string[]; beforeMs: number; limit: number },
): Promise<number | null> {
  const { rows } = await client.query<{ key_id: string }>(lockKey, [keyIds, beforeMs]);
  const keyId = rows[0]?.key_id;
  if (keyId === undefined) return null;
  const gone = await client.query<{ kind: string }>(deleteUses, [keyId, beforeMs, limit]);
  const ofKind = (kind: string) => gone.rows.filter((row) => row.kind === kind).length;
  await client.query(lowerPlaces, [keyId, ...['caller', 'route', 'scope'].map(ofKind)]);
  return gone.rows.length;
}

async function dropBefore(client: pg.Client, firstKept: number): Promise<number> {
  await dropLeftOver(client);
  const partitions = await readPartitions(client);
  // One that a removal was killed in keeps any other from being detached.
  const leaving = partitions.filter(({ isLeaving }) => isLeaving);
  const old = partitions.filter(({ isLeaving, to }) => !isLeaving && to <= firstKept);
  let days = 0;
  for (const partition of [...leaving, ...old])
    if ((await dropPartition(client, partition)) === true) days += 1;
  return days;
}

/**
 * Detaches it while others read and write, who wait for nothing, and then drops it.
 *
 * @returns whether it was there; `null` where another node is making or removing it
 */
async function dropPartition(client: pg.Client, partition: Partition): Promise<boolean | null> {
  const day = Number.isFinite(partition.from) ? dayOfPosition(partition.from) : beforeDays;
  return locked(client, day, async () => {
    const partitions = await readPartitions(client);
    const found = partitions.find(({ name }) => name === partition.name);
    if (found === undefined) return false;
    if (!found.isLeaving)
      await client.query(
        `ALTER TABLE call_log.call DETACH PARTITION call_log.${found.name} CONCURRENTLY`,
      );
    await finishRemoval(client, found.name, await readPartitions(client));
    return true;
  });
}

/** Days that a removal was killed with: detached, and not dropped. */
async function dropLeftOver(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'call_log'::regnamespace AND relkind = 'r'
       AND NOT relispartition AND relname ~ '^call_([0-9]{4}_[0-9]{2}_[0-9]{2}|before_days)$'`,
  );
  for (const { name } of rows) {
    const day = dayNamed(name.slice('call_'.length).replaceAll('_', '-')) ?? beforeDays;
    await locked(client, day, async () => {
      // By now it may have been made anew.
      const isUsed = (await readPartitions(client)).some((partition) => partition.name === name);
      if (!isUsed) await finishRemoval(client, name, []);
    });
  }
}

/** Does it, or answers `null` where another node has this lock. @param day or one of the two numbers that are none */
async function locked<T>(
  client: pg.Client,
  day: number,
  work: () => Promise<T>,
): Promise<T | null> {
  const { rows } = await client.query<{ locked: boolean }>(
    'SELECT pg_try_advisory_lock($1, $2) AS locked',
    [dayLocks, day],
  );
  if (rows[0]?.locked !== true) return null;
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1, $2)', [dayLocks, day]);
  }
}
