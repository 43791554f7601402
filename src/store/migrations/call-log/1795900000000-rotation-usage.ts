import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the two secrets of a rotation are used for while it is watched: in all, by whom, and since when that is counted. */
export class RotationUsage1795900000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.connection.options.type === 'postgres';
    const schema = isPostgres ? 'call_log.' : '';
    const text = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(`CREATE TABLE ${schema}rotation_usage (
      rotation_id ${text} NOT NULL,
      secret_id ${text} NOT NULL,
      calls BIGINT NOT NULL,
      denied_calls BIGINT NOT NULL,
      brownout_calls BIGINT NOT NULL,
      last_used_at BIGINT NOT NULL,
      callers BIGINT NOT NULL,
      PRIMARY KEY (rotation_id, secret_id)
    )`);
    // An address or user agent that is not known is an empty text: a key holds no NULL.
    await runner.query(`CREATE TABLE ${schema}rotation_caller (
      rotation_id ${text} NOT NULL,
      secret_id ${text} NOT NULL,
      ip ${text} NOT NULL,
      user_agent ${text} NOT NULL,
      calls BIGINT NOT NULL,
      denied_calls BIGINT NOT NULL,
      brownout_calls BIGINT NOT NULL,
      first_seen_at BIGINT NOT NULL,
      last_seen_at BIGINT NOT NULL,
      routes ${text} NOT NULL,
      PRIMARY KEY (rotation_id, secret_id, ip, user_agent)
    )`);
    await runner.query(`CREATE TABLE ${schema}rotation_counting (since BIGINT NOT NULL)`);
    await runner.query(`INSERT INTO ${schema}rotation_counting VALUES (${Date.now()})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    for (const table of ['rotation_counting', 'rotation_caller', 'rotation_usage'])
      await runner.query(`DROP TABLE ${schema}${table}`);
  }
}
