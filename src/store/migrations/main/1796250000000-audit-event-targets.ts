import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What happened to one object is found without going through its account's whole trail. */
export class AuditEventTargets1796250000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX audit_event_target ON audit_event (target_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_event_target');
  }
}
