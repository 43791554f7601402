import type { DataSource } from 'typeorm';

/** Runs migrations on PostgreSQL: nodes that start together take turns. @param lock any number that nothing else locks */
export async function migrateInTurn(
  dataSource: DataSource,
  lock: string,
  before?: string,
): Promise<void> {
  const holder = dataSource.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [lock]);
    if (before !== undefined) await holder.query(before);
    await dataSource.runMigrations();
    await holder.query('SELECT pg_advisory_unlock($1)', [lock]);
  } finally {
    await holder.release();
  }
}
