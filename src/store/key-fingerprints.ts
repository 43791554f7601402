import { createHash } from 'node:crypto';
import { In, type EntityManager } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { InstallationEntity } from './entities/installation.entity.js';

interface VersionedKey {
  readonly version: number;
  readonly key: Buffer;
}

const describe = { pepper: 'KEY_PEPPER', sealing_key: 'SEALING_KEY' } as const;

/** What reads and writes the facts: a data source, or a transaction's manager. */
type Facts = Pick<EntityManager, 'getRepository'>;

/** Which of the two keys that lie outside the database is meant. */
export type KeyKind = keyof typeof describe;

/** Whether this database was ever used with such a key. If so, a new one must not be made up: nothing would open. */
export async function hasFingerprint(database: Facts, kind: KeyKind): Promise<boolean> {
  const names = (await database.getRepository(InstallationEntity).find()).map((fact) => fact.name);
  return names.some((name) => name.startsWith(`${kind}.`));
}

/**
 * Compares the keys given with the fingerprints in the database, and changes nothing. A wrong key stops the start: with it
 * every secret would just be unknown.
 *
 * @throws StartError
 */
export async function checkFingerprints(
  database: Facts,
  kind: KeyKind,
  keys: readonly VersionedKey[],
): Promise<void> {
  const facts = database.getRepository(InstallationEntity);
  const known = (await facts.find()).filter((fact) => fact.name.startsWith(`${kind}.`));
  for (const { name, value } of known) {
    const version = Number(name.slice(kind.length + 1));
    const given = keys.find((key) => key.version === version);
    if (given === undefined) {
      throw new StartError(
        `${describe[kind]} lacks version ${version}, which this database was used with. Add it after the current one: <new version>:<key>,${version}:<old key>.`,
      );
    }
    if (fingerprint(kind, given.key) !== value) {
      throw new StartError(
        `${describe[kind]} version ${version} is not the key this database was used with. Restore the right one; nothing was changed.`,
      );
    }
  }
}

/**
 * Adds the fingerprint of the current version, if it is new: that is the one the database is used with from now on. A
 * version that is only listed, for other nodes or from before, is not asked for again.
 *
 * @param keys the current one first
 * @throws StartError if another node that started at the same time was given other keys
 */
export async function recordFingerprints(
  database: Facts,
  kind: KeyKind,
  keys: readonly VersionedKey[],
): Promise<void> {
  const values = keys.slice(0, 1).map(({ version, key }) => ({
    name: `${kind}.${version}`,
    value: fingerprint(kind, key),
  }));
  const facts = database.getRepository(InstallationEntity);
  await facts.createQueryBuilder().insert().values(values).orIgnore().execute();
  await checkFingerprints(database, kind, keys);
}

/** From now on the database can do without these versions. */
export async function forgetFingerprints(
  database: Facts,
  kind: KeyKind,
  versions: readonly number[],
): Promise<void> {
  if (versions.length === 0) return;
  const names = versions.map((version) => `${kind}.${version}`);
  await database.getRepository(InstallationEntity).delete({ name: In(names) });
}

/** One way, and apart from every other use of the key. */
function fingerprint(kind: KeyKind, key: Buffer): string {
  return createHash('sha256')
    .update(`latchkey fingerprint ${kind}\n`)
    .update(key)
    .digest('base64url');
}
