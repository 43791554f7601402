import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People, what they are in which account, their sessions, and the links by which they come in. */
export class Members1796450000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['one_time_link', 'session', 'member', 'person'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

const statements = [
  `CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    email_folded TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    password_changed_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE TABLE member (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    person_id TEXT NOT NULL REFERENCES person (id),
    role TEXT NOT NULL CHECK (role IN ('admin', 'developer', 'auditor')),
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE UNIQUE INDEX member_person ON member (person_id, account_id)`,
  `CREATE INDEX member_account ON member (account_id, created_at, id)`,
  `CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    digest TEXT NOT NULL UNIQUE,
    digest_algorithm TEXT NOT NULL,
    pepper_version INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    ip TEXT,
    user_agent TEXT
  )`,
  `CREATE INDEX session_person ON session (person_id, created_at, id)`,
  `CREATE INDEX session_expiry ON session (expires_at, id)`,
  `CREATE TABLE one_time_link (
    id TEXT NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL CHECK (purpose IN ('set_up', 'invitation', 'recovery')),
    digest TEXT NOT NULL UNIQUE,
    digest_algorithm TEXT NOT NULL,
    pepper_version INTEGER NOT NULL,
    account_id TEXT REFERENCES account (id),
    role TEXT CHECK (role IN ('admin', 'developer', 'auditor')),
    person_id TEXT REFERENCES person (id),
    email TEXT,
    made_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    revoked_at BIGINT
  )`,
  `CREATE INDEX one_time_link_account ON one_time_link (account_id, created_at, id)`,
  `CREATE INDEX one_time_link_expiry ON one_time_link (expires_at, id)`,
];
