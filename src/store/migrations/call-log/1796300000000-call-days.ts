import SqliteDatabase from 'better-sqlite3';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { daysFolderOf, daysIn, pathOfDay } from '../../call-log/days/call-days-folder.js';

const positionsPerDay = 86_400_000 * 4096;
const daysAhead = 3;
/** Milliseconds that writers wait behind this migration while it waits for a search to end; then it lets them through. */
const lockMs = 250;
const lockAttempts = 240;

const indexes = ['account_id', 'key_id', 'caller_ip_key'];

/**
 * The rows in days, so that a day is removed in one go. On PostgreSQL the table becomes one that is partitioned by position: what
 * there is becomes its first partition, without being copied. Its name and its columns stay, so that a node of the version before
 * goes on writing. On SQLite rows lie in files of their own, to which they are moved after the migrations.
 */
export class CallDays1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type !== 'postgres') return;
    await lockRows(runner);
    const firstDay = await firstFreeDay(runner);
    await runner.query('ALTER TABLE call_log.call RENAME TO call_before_days');
    for (const name of [...indexes, 'order', 'pkey'])
      await runner.query(`ALTER INDEX call_log.call_${name} RENAME TO call_before_days_${name}`);
    await runner.query(
      'CREATE TABLE call_log.call (LIKE call_log.call_before_days) PARTITION BY RANGE (position)',
    );
    for (const statement of indexesOf('call_log.call')) await runner.query(statement);
    // Found only when an account's calls are removed; who has an account costs it nothing.
    await runner.query(
      'CREATE INDEX call_without_account ON call_log.call (position) WHERE account_id IS NULL',
    );
    if (firstDay === null) await runner.query('DROP TABLE call_log.call_before_days');
    else {
      // Looks at each row once, and makes the one index that is new.
      await runner.query(
        `ALTER TABLE call_log.call ATTACH PARTITION call_log.call_before_days FOR VALUES FROM (MINVALUE) TO (${firstDay * positionsPerDay})`,
      );
    }
    const today = Math.floor(Date.now() / 86_400_000);
    for (let day = firstDay ?? today; day <= Math.max(firstDay ?? 0, today) + daysAhead; day += 1)
      await runner.query(partitionFor(day));
  }

  async down(runner: QueryRunner): Promise<void> {
    const { type, database } = runner.connection.options;
    if (type !== 'postgres') {
      await moveBack(runner, daysFolderOf(database as string));
      return;
    }
    await runner.query('CREATE TABLE call_log.call_in_one (LIKE call_log.call)');
    await runner.query('INSERT INTO call_log.call_in_one SELECT * FROM call_log.call');
    await runner.query('DROP TABLE call_log.call');
    await runner.query('ALTER TABLE call_log.call_in_one RENAME TO call');
    for (const statement of indexesOf('call_log.call')) await runner.query(statement);
  }
}

/** Whoever waits for this lock is waited for by everyone who writes; so it is asked for briefly, again and again. */
async function lockRows(runner: QueryRunner): Promise<void> {
  await runner.query(`SET LOCAL lock_timeout = ${lockMs}`);
  for (let attempt = 1; ; attempt += 1) {
    await runner.query('SAVEPOINT before_lock');
    try {
      await runner.query('LOCK TABLE call_log.call IN ACCESS EXCLUSIVE MODE');
      break;
    } catch (error) {
      const { code } = (error as { driverError?: { code?: string } }).driverError ?? {};
      if (code !== '55P03' || attempt === lockAttempts) throw error;
      await runner.query('ROLLBACK TO SAVEPOINT before_lock');
      await new Promise((resolve) => setTimeout(resolve, lockMs));
    }
  }
  await runner.query('SET LOCAL lock_timeout = DEFAULT');
}

/** The first day beyond all rows and beyond tomorrow; `null` if there are no rows. */
async function firstFreeDay(runner: QueryRunner): Promise<number | null> {
  const [record] = await runner.query('SELECT max(position) AS last FROM call_log.call');
  if (record.last === null) return null;
  const dayOfLast = Math.floor(Number(record.last) / positionsPerDay);
  return Math.max(dayOfLast + 1, Math.floor(Date.now() / 86_400_000) + 2);
}

const texts = [
  ...[
    'id',
    'account_id',
    'key_id',
    'key_name',
    'environment',
    'secret_id',
    'secret_start',
    'secret_state',
  ],
  ...[
    'rotation_id',
    'credential',
    'door',
    'actor',
    'service_id',
    'method',
    'host',
    'path',
    'query',
    'route',
  ],
  ...['decision', 'reason', 'would_deny', 'caller_ip', 'peer_ip', 'forwarded_for', 'user_agent'],
  ...['client_request_id', 'required_scopes', 'used_scopes', 'missing_scopes', 'caller_ip_key'],
];
const integers = ['seq', 'at', 'status', 'upstream_status', 'request_bytes', 'response_bytes'];

/** Copies the rows of the days' files into the log's own, where the version before looks for them. The files stay. */
async function moveBack(runner: QueryRunner, folder: string): Promise<void> {
  const columns = [
    ...['position INTEGER PRIMARY KEY', 'node_id TEXT NOT NULL'],
    ...texts.map((name) => `${name} TEXT`),
    ...integers.map((name) => `${name} BIGINT`),
    ...['duration_ms REAL', 'upstream_ms REAL'],
  ];
  await runner.query(`CREATE TABLE call (${columns.join(', ')})`);
  for (const day of daysIn(folder)) {
    const file = new SqliteDatabase(pathOfDay(folder, day), { readonly: true });
    try {
      for (const row of file.prepare<[], Record<string, unknown>>('SELECT * FROM call').iterate()) {
        const names = Object.keys(row);
        await runner.query(
          `INSERT INTO call (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
          Object.values(row),
        );
      }
    } finally {
      file.close();
    }
  }
  for (const column of indexes)
    await runner.query(
      `CREATE INDEX call_${column} ON call (${column}) WHERE ${column} IS NOT NULL`,
    );
  await runner.query('CREATE INDEX call_order ON call (node_id, seq)');
}

function indexesOf(table: string): string[] {
  return [
    `ALTER TABLE ${table} ADD PRIMARY KEY (position, node_id)`,
    ...indexes.map(
      (column) =>
        `CREATE INDEX call_${column} ON ${table} (${column}, position) WHERE ${column} IS NOT NULL`,
    ),
    `CREATE INDEX call_order ON ${table} (node_id, seq)`,
  ];
}

function partitionFor(day: number): string {
  const name = new Date(day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '_');
  return `CREATE TABLE call_log.call_${name} PARTITION OF call_log.call
    FOR VALUES FROM (${day * positionsPerDay}) TO (${(day + 1) * positionsPerDay})`;
}
