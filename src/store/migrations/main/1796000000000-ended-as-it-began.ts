import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A rotation without any grace is over for good, which used to be told by its times and is now written down. */
export class EndedAsItBegan1796000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      "UPDATE rotation SET standing = 'expired' WHERE standing = 'open' AND grace_ends_at <= started_at",
    );
  }

  /** Where it is written down already, nothing has to be taken back. */
  async down(): Promise<void> {}
}
