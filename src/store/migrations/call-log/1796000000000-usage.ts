import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What keys and their secrets are used for: by the hour, and by caller, route and scope; and since when that is counted. */
export class Usage1796000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.connection.options.type === 'postgres';
    const schema = isPostgres ? 'call_log.' : '';
    const text = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    // One tree in the order of the key: a counter is found and changed in it, and nowhere else.
    const byKey = isPostgres ? '' : ' WITHOUT ROWID';
    await runner.query(`ALTER TABLE ${schema}secret_usage ADD COLUMN last_used_route ${text}`);
    await runner.query(lastRoutes(schema));
    for (const column of ['key_id', 'account_id'])
      await runner.query(
        `CREATE INDEX secret_usage_${column} ON ${schema}secret_usage (${column})`,
      );
    await runner.query(`CREATE TABLE ${schema}secret_hour (
      key_id ${text} NOT NULL,
      hour BIGINT NOT NULL,
      secret_id ${text} NOT NULL,
      outcome ${text} NOT NULL,
      calls BIGINT NOT NULL,
      PRIMARY KEY (key_id, hour, secret_id, outcome)
    )${byKey}`);
    await runner.query(`CREATE TABLE ${schema}key_usage (
      key_id ${text} NOT NULL,
      kind ${text} NOT NULL,
      name ${text} NOT NULL,
      calls BIGINT NOT NULL,
      denied_calls BIGINT NOT NULL,
      first_used_at BIGINT NOT NULL,
      last_used_at BIGINT NOT NULL,
      added_at BIGINT NOT NULL,
      PRIMARY KEY (key_id, kind, name)
    )${byKey}`);
    // Changed by a new caller only: what is counted does not touch it.
    await runner.query(`CREATE INDEX key_usage_new_caller ON ${schema}key_usage (added_at, key_id, name)
      WHERE kind = 'caller'`);
    await runner.query(`CREATE TABLE ${schema}key_usage_places (
      key_id ${text} NOT NULL PRIMARY KEY,
      caller BIGINT NOT NULL,
      route BIGINT NOT NULL,
      scope BIGINT NOT NULL
    )`);
    await runner.query(`CREATE TABLE ${schema}usage_counting (since BIGINT NOT NULL)`);
    await runner.query(`INSERT INTO ${schema}usage_counting VALUES (${Date.now()})`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const schema = runner.connection.options.type === 'postgres' ? 'call_log.' : '';
    for (const table of ['usage_counting', 'key_usage_places', 'key_usage', 'secret_hour'])
      await runner.query(`DROP TABLE ${schema}${table}`);
    for (const column of ['key_id', 'account_id'])
      await runner.query(`DROP INDEX ${schema}secret_usage_${column}`);
    await runner.query(`ALTER TABLE ${schema}secret_usage DROP COLUMN last_used_route`);
  }
}

/**
 * All else of a secret's last use is on record since the log was begun. Its route is in the row of that call, which is found
 * by its place: 4,096 to a millisecond, and never before the call's own.
 */
function lastRoutes(schema: string): string {
  return `UPDATE ${schema}secret_usage SET last_used_route = (
    SELECT call.route FROM ${schema}call
    WHERE call.key_id = secret_usage.key_id AND call.secret_id = secret_usage.secret_id
      AND call.at = secret_usage.last_used_at
      AND call.position >= secret_usage.last_used_at * 4096
      AND call.position < (secret_usage.last_used_at + 1
        + (SELECT coalesce(max(max_skew_ms), 0) FROM ${schema}call_node)) * 4096
    ORDER BY call.position DESC LIMIT 1)`;
}
