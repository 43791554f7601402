import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the call log. On PostgreSQL they live in the schema `call_log`, which is there before the migrations. */
export class CallLog1795000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const statements = runner.connection.options.type === 'postgres' ? onPostgres : onSqlite;
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    for (const table of ['secret_usage', 'call_node', 'call'])
      await runner.query(`DROP TABLE ${schema}${table}`);
  }
}

/** What the two databases spell differently. */
interface Dialect {
  readonly schema: string;
  /** Compared byte by byte, whatever the database's locale. */
  readonly text: string;
  readonly real: string;
  readonly position: string;
  readonly primaryKey: string;
  /** What an index needs after its first column, so that it gives rows by position. */
  readonly thenPosition: string;
}

const onSqlite = statementsFor({
  schema: '',
  text: 'TEXT',
  real: 'REAL',
  // The row's own number: rows lie in this order, and every index ends with it.
  position: 'INTEGER PRIMARY KEY',
  primaryKey: '',
  thenPosition: '',
});

const onPostgres = statementsFor({
  schema: 'call_log.',
  text: 'TEXT COLLATE "C"',
  real: 'DOUBLE PRECISION',
  position: 'BIGINT NOT NULL',
  // Two nodes may give out the same position.
  primaryKey: ', PRIMARY KEY (position, node_id)',
  thenPosition: ', position',
});

function statementsFor({
  schema,
  text,
  real,
  position,
  primaryKey,
  thenPosition,
}: Dialect): readonly string[] {
  const index = (column: string) =>
    `CREATE INDEX call_${column} ON ${schema}call (${column}${thenPosition}) WHERE ${column} IS NOT NULL`;
  return [
    `CREATE TABLE ${schema}call (
      position ${position},
      node_id ${text} NOT NULL,
      seq BIGINT NOT NULL,
      id ${text} NOT NULL,
      at BIGINT NOT NULL,
      account_id ${text},
      key_id ${text},
      key_name ${text},
      environment ${text},
      secret_id ${text},
      secret_start ${text},
      secret_state ${text},
      rotation_id ${text},
      credential ${text} NOT NULL,
      door ${text} NOT NULL,
      actor ${text},
      service_id ${text},
      method ${text} NOT NULL,
      host ${text},
      path ${text} NOT NULL,
      query ${text},
      route ${text},
      decision ${text} NOT NULL,
      reason ${text},
      would_deny ${text},
      status BIGINT,
      upstream_status BIGINT,
      caller_ip ${text},
      peer_ip ${text} NOT NULL,
      forwarded_for ${text},
      user_agent ${text},
      client_request_id ${text},
      duration_ms ${real},
      upstream_ms ${real},
      request_bytes BIGINT,
      response_bytes BIGINT,
      required_scopes ${text} NOT NULL,
      used_scopes ${text} NOT NULL,
      missing_scopes ${text} NOT NULL,
      caller_ip_key ${text}${primaryKey}
    )`,
    // Calls without an account, key or address are found by position; their rows cost no index.
    ...['account_id', 'key_id', 'caller_ip_key'].map(index),
    // How far each writer came: known without a scan, and still known when old rows are dropped.
    `CREATE TABLE ${schema}call_node (
      node_id ${text} NOT NULL PRIMARY KEY,
      last_seq BIGINT NOT NULL,
      last_position BIGINT NOT NULL,
      max_skew_ms BIGINT NOT NULL
    )`,
    `CREATE TABLE ${schema}secret_usage (
      secret_id ${text} NOT NULL PRIMARY KEY,
      key_id ${text},
      account_id ${text},
      calls BIGINT NOT NULL,
      denied_calls BIGINT NOT NULL,
      last_used_at BIGINT NOT NULL,
      last_used_ip ${text},
      last_used_user_agent ${text}
    )`,
  ];
}
