import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Key pairs by which people sign in. */
export class Passkeys1796700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE passkey');
  }
}

const statements = [
  `CREATE TABLE passkey (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    credential_id TEXT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    counter BIGINT NOT NULL,
    transports TEXT NOT NULL,
    name TEXT NOT NULL,
    is_synced BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    last_challenge_at BIGINT NOT NULL
  )`,
  `CREATE INDEX passkey_person ON passkey (person_id)`,
];
