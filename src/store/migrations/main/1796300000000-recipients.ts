import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who receives the data that a key opens, for the register of access. */
export class Recipients1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`ALTER TABLE api_key ADD COLUMN recipient ${text}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_key DROP COLUMN recipient');
  }
}
