import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A rotation's brownouts: a JSON list of short times in which its old secret is refused. */
export class Brownouts1795900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`ALTER TABLE rotation ADD COLUMN brownouts ${text} NOT NULL DEFAULT '[]'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE rotation DROP COLUMN brownouts');
  }
}
