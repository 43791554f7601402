import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The one table of the junk counts. On PostgreSQL it stands beside the call log, in the schema `call_log`. */
export class JunkCounts1795800000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.connection.options.type === 'postgres';
    const text = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`CREATE TABLE ${tableOf(runner)} (
      minute BIGINT NOT NULL,
      block ${text} NOT NULL,
      reason ${text} NOT NULL,
      writer_id ${text} NOT NULL,
      calls BIGINT NOT NULL,
      PRIMARY KEY (minute, block, reason, writer_id)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${tableOf(runner)}`);
  }
}

function tableOf(runner: QueryRunner): string {
  return runner.connection.options.type === 'postgres' ? 'call_log.junk_count' : 'junk_count';
}
