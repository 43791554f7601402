import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Each time that a writer ran, and how it ended: what a buffered log had not yet written then is told by no number. */
export class CallRuns1796350000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.connection.options.type === 'postgres';
    const schema = isPostgres ? 'call_log.' : '';
    const text = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`CREATE TABLE ${schema}call_run (
      run_id ${text} NOT NULL PRIMARY KEY,
      node_id ${text} NOT NULL,
      mode ${text} NOT NULL,
      started_at BIGINT NOT NULL,
      after_seq BIGINT NOT NULL,
      ended_at BIGINT
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    await runner.query(`DROP TABLE ${schema}call_run`);
  }
}
