import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The limits of accounts and keys, in JSON; whose calendar an account's days follow; and what was counted against limits. */
export class RateLimits1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE rate_limit_use');
    await runner.query('ALTER TABLE api_key DROP COLUMN rate_limits');
    await runner.query('ALTER TABLE account DROP COLUMN time_zone');
    await runner.query('ALTER TABLE account DROP COLUMN rate_limits');
  }
}

const statements = [
  'ALTER TABLE account ADD COLUMN rate_limits TEXT',
  "ALTER TABLE account ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC'",
  'ALTER TABLE api_key ADD COLUMN rate_limits TEXT',
  `CREATE TABLE rate_limit_use (
    holder_id TEXT NOT NULL,
    writer_id TEXT NOT NULL,
    recent TEXT NOT NULL,
    calls_of_day BIGINT NOT NULL,
    day_ends_at BIGINT NOT NULL,
    counts_until BIGINT NOT NULL,
    PRIMARY KEY (holder_id, writer_id)
  )`,
  'CREATE INDEX rate_limit_use_over ON rate_limit_use (counts_until)',
];
