import pg from 'pg';
import {
  callColumns,
  completionWidth,
  outcomeColumns,
  rowWidth,
  type Cell,
  type ColumnKind,
} from '../call-columns.js';
import type { CallSink, NodeMark, PackedGroup, SinkSettings } from './call-sink.js';
import { summarize } from './group-summary.js';
import { connectionNameOf } from '../call-log-connection.js';
import { RotationPruning } from '../usage/rotation-use.js';
import { countRotationUses, pruneRotationUsage } from '../usage/postgres-rotation-usage.js';
import { isWithoutPartition, PostgresDays } from '../days/postgres-days.js';
import { withoutNul } from '../postgres-text.js';
import { countUsage } from '../usage/postgres-usage.js';

const arrayTypes: Readonly<Record<ColumnKind, string>> = {
  integer: 'bigint[]',
  real: 'float8[]',
  text: 'text[]',
  list: 'text[]',
};

// One array per column: the statement's text is the same for any number of rows, so it is parsed and planned once.
const insertRows = {
  name: 'insert_rows',
  text: `INSERT INTO call_log.call (${callColumns.map(({ name }) => `"${name}"`).join(', ')})
    SELECT * FROM unnest(${callColumns.map(({ kind }, i) => `$${i + 1}::${arrayTypes[kind]}`).join(', ')})`,
};

const completionArrays = [...outcomeColumns.map(({ kind }) => arrayTypes[kind]), 'bigint[]'];

// Between the first and the last of them, so that only the partitions of their days are looked at.
const completeRows = {
  name: 'complete_rows',
  text: `UPDATE call_log.call SET ${outcomeColumns.map(({ name }) => `"${name}" = done."${name}"`).join(', ')}
    FROM unnest(${completionArrays.map((type, i) => `$${i + 1}::${type}`).join(', ')})
      AS done (${outcomeColumns.map(({ name }) => `"${name}"`).join(', ')}, position)
    WHERE call.position = done.position AND call.node_id = $${completionArrays.length + 1}
      AND call.position BETWEEN $${completionArrays.length + 2} AND $${completionArrays.length + 3}`,
};

// Locks the node's row: it waits for the end of a transaction that an earlier, broken connection may have left behind.
const readMark = `INSERT INTO call_log.call_node AS node (node_id, last_seq, last_position, max_skew_ms) VALUES ($1, 0, 0, 0)
  ON CONFLICT (node_id) DO UPDATE SET node_id = excluded.node_id
  RETURNING last_seq AS "lastSeq", last_position AS "lastPosition"`;

// A run goes on where its database comes back.
const beginRun = `INSERT INTO call_log.call_run (run_id, node_id, mode, started_at, after_seq) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (run_id) DO NOTHING`;

const endRun = `UPDATE call_log.call_run SET ended_at = $1 WHERE run_id = $2`;

const moveMark = {
  name: 'move_mark',
  text: `UPDATE call_log.call_node SET last_seq = greatest(last_seq, $1), last_position = greatest(last_position, $2),
    max_skew_ms = greatest(max_skew_ms, $3) WHERE node_id = $4`,
};

/** Writes groups of calls to PostgreSQL. */
export class PostgresSink implements CallSink {
  readonly #url: string;
  readonly #settings: SinkSettings;
  readonly #pruning = new RotationPruning();
  readonly #days = new PostgresDays();
  #client: pg.Client | null = null;

  constructor(url: string, settings: SinkSettings) {
    this.#url = url;
    this.#settings = settings;
  }

  async open(): Promise<NodeMark> {
    this.#abandon();
    const { mode, timeoutMs, nodeId, runId } = this.#settings;
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: connectionNameOf(runId),
      connectionTimeoutMillis: timeoutMs,
      query_timeout: timeoutMs,
      keepAlive: true,
    });
    // A broken connection also fails the next query, and that is where it is dealt with.
    client.on('error', () => {});
    this.#client = client;
    await client.connect();
    // A node that stands still in a transaction holds the counters of its keys, and every other node waits for them.
    await client.query(
      `SET synchronous_commit TO ${mode === 'durable' ? 'on' : 'off'}; SET statement_timeout TO ${timeoutMs}; SET idle_in_transaction_session_timeout TO ${timeoutMs}`,
    );
    await this.#days.open(client);
    const { rows } = await client.query<Record<keyof NodeMark, string>>(readMark, [nodeId]);
    const lastSeq = Number(rows[0]?.lastSeq);
    await client.query(beginRun, [runId, nodeId, mode, Date.now(), lastSeq]);
    return { lastSeq, lastPosition: Number(rows[0]?.lastPosition) };
  }

  async write(group: PackedGroup): Promise<number> {
    const client = this.#connected();
    try {
      return await this.#writeGroup(client, group);
    } catch (error) {
      // It may be broken or inside a failed transaction; `open` makes a new one.
      this.#abandon();
      throw error;
    }
  }

  /** Rows are counted in the transaction that writes them. */
  caughtUp(): Promise<void> {
    return Promise.resolve();
  }

  async close(ended: boolean): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client === null) return;
    // A server that does not answer is not waited for.
    const patience = setTimeout(() => client.connection.stream.destroy(), this.#settings.timeoutMs);
    const { runId } = this.#settings;
    // Where that cannot be said, it is as if the run had been killed.
    if (ended) await client.query(endRun, [Date.now(), runId]).catch(() => {});
    await client.end();
    clearTimeout(patience);
  }

  async #writeGroup(client: pg.Client, group: PackedGroup): Promise<number> {
    await this.#days.cover(client, group.cells);
    try {
      return await this.#commitGroup(client, group);
    } catch (error) {
      if (!isWithoutPartition(error)) throw error;
      // Another node has removed the day since it was looked for.
      await client.query('ROLLBACK');
      await this.#days.reread(client);
      await this.#days.cover(client, group.cells);
      return await this.#commitGroup(client, group);
    }
  }

  async #commitGroup(
    client: pg.Client,
    { cells, completions, salvage }: PackedGroup,
  ): Promise<number> {
    const { nodeId } = this.#settings;
    const whole = summarize(cells);
    const { lastSeq, lastPosition, maxSkewMs } = whole;
    await client.query('BEGIN');
    // First, for its lock: `open` waits for it, and so knows whether this transaction was committed.
    if (cells.length > 0) await client.query(moveMark, [lastSeq, lastPosition, maxSkewMs, nodeId]);
    const leftOut = salvage ? await salvageRows(client, cells) : await insertAll(client, cells);
    if (completions.length > 0) {
      const arrays = arraysOf(lastOfEachPosition(completions), completionWidth);
      const positions = (arrays.at(-1) as number[]).toSorted((one, other) => one - other);
      await client.query(completeRows, [...arrays, nodeId, positions[0], positions.at(-1)]);
    }
    // Last, for its locks: other nodes that count the same secrets wait for them.
    const { usage, rotationUses } = leftOut.size === 0 ? whole : summarize(cells, leftOut);
    await countUsage(client, usage);
    await countRotationUses(client, rotationUses);
    const before = this.#pruning.due(Date.now());
    if (before !== null) await pruneRotationUsage(client, before);
    await client.query('COMMIT');
    return leftOut.size;
  }

  #connected(): pg.Client {
    if (this.#client === null) throw new Error('the call log is not open');
    return this.#client;
  }

  /** Lets go of the connection without waiting for a server that may not answer. */
  #abandon(): void {
    this.#client?.end().catch(() => {});
    this.#client = null;
  }
}

async function insertAll(client: pg.Client, cells: readonly Cell[]): Promise<Set<number>> {
  if (cells.length > 0) await client.query(insertRows, arraysOf(cells, rowWidth));
  return new Set();
}

/** Row by row, each behind a savepoint. @returns the first cells of the rows that were refused */
async function salvageRows(client: pg.Client, cells: readonly Cell[]): Promise<Set<number>> {
  const leftOut = new Set<number>();
  for (let row = 0; row < cells.length; row += rowWidth) {
    await client.query('SAVEPOINT one_row');
    try {
      await insertAll(client, cells.slice(row, row + rowWidth));
    } catch (error) {
      if (!isAboutTheRow(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT one_row');
      leftOut.add(row);
    }
    await client.query('RELEASE SAVEPOINT one_row');
  }
  return leftOut;
}

/** An UPDATE takes any one of several values for a row; what a call was completed with last must win. */
function lastOfEachPosition(completions: readonly Cell[]): Cell[] {
  const starts = new Map<Cell, number>();
  for (let start = 0; start < completions.length; start += completionWidth) {
    starts.set(completions[start + completionWidth - 1] as Cell, start);
  }
  return [...starts.values()].flatMap((start) => completions.slice(start, start + completionWidth));
}

/** Turns rows into columns. */
function arraysOf(cells: readonly Cell[], width: number): Cell[][] {
  const arrays = Array.from({ length: width }, (): Cell[] => []);
  for (let i = 0; i < cells.length; i += 1) arrays[i % width]?.push(withoutNul(cells[i] as Cell));
  return arrays;
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation): the same values would fail again. */
function isAboutTheRow(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^2[23]/.test(code) && !isWithoutPartition(error);
}
