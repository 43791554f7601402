import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The rows of a node in the order of their numbers, which is the order of their commits: what is new is found there, and what is
 * missing. New rows go to its end, so it is the cheapest of the indexes to keep.
 */
export class CallOrder1796250000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    await runner.query(`CREATE INDEX call_order ON ${schema}call (node_id, seq)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    await runner.query(`DROP INDEX ${schema}call_order`);
  }
}
