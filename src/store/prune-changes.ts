import type { EntityManager } from 'typeorm';

/** A node that heard nothing for so long has long lost its lease, and believes nothing that it remembers. */
const keptMs = 60 * 60 * 1000;
const prunedEvery = 100;

/**
 * Takes the oldest changes off the record, every so many changes. Only what is older than the first that must be kept goes, so
 * that a hole in the record always lies at its beginning, where a follower sees it, whatever the clocks of the nodes said.
 */
export async function pruneChanges(
  manager: EntityManager,
  revision: number,
  now: number,
): Promise<void> {
  if (revision % prunedEvery !== 0) return;
  // In the order of the primary key, so that it reads what it takes away and one row more.
  const firstKept = `SELECT revision FROM access_change WHERE at >= ${now - keptMs} ORDER BY revision LIMIT 1`;
  await manager.query(`DELETE FROM access_change WHERE revision < (${firstKept})`);
}
