import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an account asks of its keys and secrets, in JSON; what it leaves out is as in the whole installation. */
export class AccountPolicies1796100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`ALTER TABLE account ADD COLUMN policy ${text} NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE account DROP COLUMN policy');
  }
}
