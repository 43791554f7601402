import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { InstallationEntity } from './entities/installation.entity.js';

interface VersionedKey {
  readonly version: number;
  readonly key: Buffer;
}

const describe = { pepper: 'KEY_PEPPER', sealing_key: 'SEALING_KEY' } as const;

/** Which of the two keys that lie outside the database is meant. */
export type KeyKind = keyof typeof describe;

/** Whether this database was ever used with such a key. If so, a new one must not be made up: nothing would open. */
export async function hasFingerprint(dataSource: DataSource, kind: KeyKind): Promise<boolean> {
  const names = (await dataSource.getRepository(InstallationEntity).find()).map(
    (fact) => fact.name,
  );
  return names.some((name) => name.startsWith(`${kind}.`));
}

/**
 * Compares the keys given with the fingerprints in the database, and changes nothing. A wrong key stops the start: with it
 * every secret would just be unknown.
 *
 * @throws StartError
 */
export async function checkFingerprints(
  dataSource: DataSource,
  kind: KeyKind,
  keys: readonly VersionedKey[],
): Promise<void> {
  const facts = dataSource.getRepository(InstallationEntity);
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
 * Adds the fingerprints of new versions.
 *
 * @throws StartError if another node that started at the same time was given other keys
 */
export async function recordFingerprints(
  dataSource: DataSource,
  kind: KeyKind,
  keys: readonly VersionedKey[],
): Promise<void> {
  const values = keys.map(({ version, key }) => ({
    name: `${kind}.${version}`,
    value: fingerprint(kind, key),
  }));
  const facts = dataSource.getRepository(InstallationEntity);
  await facts.createQueryBuilder().insert().values(values).orIgnore().execute();
  await checkFingerprints(dataSource, kind, keys);
}

/** One way, and apart from every other use of the key. */
function fingerprint(kind: KeyKind, key: Buffer): string {
  return createHash('sha256')
    .update(`latchkey fingerprint ${kind}\n`)
    .update(key)
    .digest('base64url');
}
