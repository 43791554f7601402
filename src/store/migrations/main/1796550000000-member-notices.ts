import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Notices go to members as well: which delivery is for whom, and who wants none by e-mail. */
export class MemberNotices1796550000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const text = runner.connection.options.type === 'postgres' ? 'TEXT COLLATE "C"' : 'TEXT';
    await runner.query(
      'ALTER TABLE member ADD COLUMN gets_notice_emails BOOLEAN NOT NULL DEFAULT TRUE',
    );
    // Without a foreign key: what was told to a member stays on record when the member is gone.
    await runner.query(`ALTER TABLE notice_delivery ADD COLUMN member_id ${text}`);
    await runner.query(
      `CREATE INDEX notice_delivery_member ON notice_delivery (member_id, state) WHERE member_id IS NOT NULL`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX notice_delivery_member');
    await runner.query('ALTER TABLE notice_delivery DROP COLUMN member_id');
    await runner.query('ALTER TABLE member DROP COLUMN gets_notice_emails');
  }
}
