import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The authenticator apps of people, and the codes that stand in for one that is lost. */
export class SecondFactors1796650000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['recovery_code', 'second_factor'])
      await runner.query(`DROP TABLE ${table}`);
  }
}

const statements = [
  `CREATE TABLE second_factor (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL UNIQUE REFERENCES person (id),
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    confirmed_at BIGINT,
    last_step BIGINT NOT NULL,
    failures INTEGER NOT NULL
  )`,
  `CREATE TABLE recovery_code (
    id TEXT NOT NULL PRIMARY KEY,
    person_id TEXT NOT NULL REFERENCES person (id),
    digest TEXT NOT NULL UNIQUE,
    digest_algorithm TEXT NOT NULL,
    pepper_version INTEGER NOT NULL,
    used_at BIGINT
  )`,
  `CREATE INDEX recovery_code_person ON recovery_code (person_id)`,
];
