import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Links on their way to somebody by e-mail. */
export class MailedLinks1796620000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE link_mail');
  }
}

const statements = [
  // Nothing here opens anything: a token is made as its mail is sent, and its digest lies with the link.
  `CREATE TABLE link_mail (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('invitation', 'recovery')),
    recipient TEXT NOT NULL,
    link_id TEXT UNIQUE REFERENCES one_time_link (id),
    asked_from TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'given_up')),
    attempts INTEGER NOT NULL,
    attempt_id TEXT,
    next_attempt_at BIGINT NOT NULL,
    claimed_until BIGINT,
    delivered_at BIGINT,
    error TEXT,
    created_at BIGINT NOT NULL
  )`,
  `CREATE INDEX link_mail_due ON link_mail (next_attempt_at) WHERE state = 'pending'`,
];
