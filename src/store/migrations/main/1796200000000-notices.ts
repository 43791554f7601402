import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices, their deliveries with each attempt, and whom they go to. */
export class Notices1796200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['webhook', 'notice_attempt', 'notice_delivery', 'notice'])
      await runner.query(`DROP TABLE ${table}`);
    for (const index of ['api_key_expiry', 'rotation_grace_end', 'secret_age'])
      await runner.query(`DROP INDEX ${index}`);
    await runner.query('ALTER TABLE api_key DROP COLUMN contact_email');
    await runner.query('ALTER TABLE account DROP COLUMN notice_emails');
  }
}

const statements = [
  `ALTER TABLE account ADD COLUMN notice_emails TEXT NOT NULL DEFAULT '[]'`,
  `ALTER TABLE api_key ADD COLUMN contact_email TEXT`,
  // What ends by itself is looked for by when it ends.
  `CREATE INDEX api_key_expiry ON api_key (expires_at, id) WHERE expires_at IS NOT NULL AND standing <> 'revoked'`,
  `CREATE INDEX secret_age ON secret (created_at, id) WHERE ends_at IS NULL AND revoked_at IS NULL`,
  `CREATE INDEX rotation_grace_end ON rotation (grace_ends_at, id) WHERE standing = 'open'`,
  `CREATE TABLE notice (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    key_id TEXT,
    rotation_id TEXT,
    data TEXT NOT NULL,
    dedupe_key TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
  )`,
  `CREATE INDEX notice_account ON notice (account_id, created_at, id)`,
  `CREATE TABLE notice_delivery (
    id TEXT NOT NULL PRIMARY KEY,
    notice_id TEXT NOT NULL REFERENCES notice (id),
    account_id TEXT NOT NULL REFERENCES account (id),
    channel TEXT NOT NULL CHECK (channel IN ('email', 'webhook')),
    recipient TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up', 'kept')),
    attempts INTEGER NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    claimed_until BIGINT,
    delivered_at BIGINT
  )`,
  `CREATE UNIQUE INDEX notice_delivery_recipient ON notice_delivery (notice_id, channel, recipient)`,
  `CREATE INDEX notice_delivery_due ON notice_delivery (next_attempt_at) WHERE state = 'pending'`,
  `CREATE TABLE notice_attempt (
    id TEXT NOT NULL PRIMARY KEY,
    delivery_id TEXT NOT NULL REFERENCES notice_delivery (id),
    at BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'failed')),
    code INTEGER,
    duration_ms INTEGER NOT NULL,
    error TEXT
  )`,
  `CREATE INDEX notice_attempt_delivery ON notice_attempt (delivery_id, at)`,
  `CREATE TABLE webhook (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    url TEXT NOT NULL,
    kinds TEXT,
    enabled BOOLEAN NOT NULL,
    secret TEXT NOT NULL,
    previous_secret TEXT,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE INDEX webhook_account ON webhook (account_id, created_at, id)`,
];
