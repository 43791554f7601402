import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { newId } from './core/ids.js';
import type { Pepper } from './core/secret-digest.js';
import { seal, unseal, type SealingKey } from './core/sealing.js';
import { StartError } from './core/start-error.js';
import { pepperSource, sealingKeySource, type KeySource } from './platform/config/key-files.js';
import type { Settings } from './platform/config/settings.js';
import {
  newKey,
  parseVersionedKeys,
  readKeyFile,
  writeKeyFile,
  type VersionedKey,
} from './platform/config/versioned-keys.js';
import {
  makeFolderOf,
  parseDatabaseUrl,
  writerOptions,
  type DatabaseUrl,
} from './store/data-source-options.js';
import { InstallationEntity } from './store/entities/installation.entity.js';
import {
  checkFingerprints,
  hasFingerprint,
  recordFingerprints,
  type KeyKind,
} from './store/key-fingerprints.js';
import { migrateMainDatabase } from './store/migrate.js';
import { lockDatabase, type ProcessLock } from './store/process-lock.js';
import { credentialsByVersion, sealedAuditKey } from './store/sealing.store.js';

/** An installation that was opened: its database is ours alone and up to date, and its keys fit it. */
export interface Installation {
  readonly databaseUrl: DatabaseUrl;
  readonly peppers: readonly Pepper[];
  readonly sealingKeys: readonly SealingKey[];
  readonly keyPrefixes: readonly string[];
  readonly auditKey: Buffer;
  /** Under which this process numbers its rows of the call log, and counts calls against limits. */
  readonly nodeId: string;
  /** Files that did not exist before. */
  readonly madeFiles: readonly string[];
  release(): void;
}

/** @throws StartError saying what is wrong and what to do; then nothing was changed */
export async function openInstallation(settings: Settings): Promise<Installation> {
  const databaseUrl = readUrl(settings.databaseUrl);
  const callLogUrl = readUrl(settings.callLogUrl);
  const locks: ProcessLock[] = [];
  const release = () => locks.forEach((lock) => lock.release());
  try {
    for (const url of [databaseUrl, callLogUrl]) {
      makeFolderOf(url);
      if (url.kind === 'sqlite') locks.push(lockDatabase(url.path));
    }
    refuseEmptied(databaseUrl, settings);
    await migrateMainDatabase(databaseUrl);
    return { ...(await readFacts(settings, databaseUrl)), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** To SQLite an empty file is a new database; beside key files it is one that was cut off, and must not be begun anew. */
function refuseEmptied(databaseUrl: DatabaseUrl, settings: Settings): void {
  if (databaseUrl.kind !== 'sqlite') return;
  const { path } = databaseUrl;
  if (!existsSync(path) || statSync(path).size > 0) return;
  const keyFiles = [pepperSource(settings), sealingKeySource(settings)].map((key) => key.path);
  const keyFile = keyFiles.find((file) => existsSync(file));
  if (keyFile === undefined) return;
  throw new StartError(
    `${path} is empty, but ${keyFile} says that there was a database. Put a backup in its place, or remove the empty file to begin anew; nothing was changed.`,
  );
}

function readUrl(text: string): DatabaseUrl {
  const url = parseDatabaseUrl(text);
  if (url === null) throw new StartError('A database URL cannot be read.');
  return url;
}

async function readFacts(
  settings: Settings,
  databaseUrl: DatabaseUrl,
): Promise<Omit<Installation, 'release'>> {
  const dataSource = await new DataSource(writerOptions(databaseUrl)).initialize();
  try {
    const pepper = await readKeys(dataSource, 'pepper', pepperSource(settings));
    const sealing = await readKeys(dataSource, 'sealing_key', sealingKeySource(settings));
    await checkSealedUnder(dataSource, sealing.keys);
    const keyPrefixes = await readPrefixes(dataSource, settings.keyPrefix);
    // Everything that was given has been judged; from here on it is written down.
    const madeFiles = [...(await keep(dataSource, pepper)), ...(await keep(dataSource, sealing))];
    await setFact(dataSource, 'key_prefixes', JSON.stringify(keyPrefixes));
    return {
      databaseUrl,
      peppers: pepper.keys,
      sealingKeys: sealing.keys,
      keyPrefixes,
      auditKey: await auditKeyOf(dataSource, sealing.keys),
      // One process has a SQLite database to itself; on PostgreSQL each is a node of its own.
      nodeId:
        databaseUrl.kind === 'sqlite'
          ? await factOr(dataSource, 'node', () => newId('nod'))
          : newId('nod'),
      madeFiles,
    };
  } finally {
    await dataSource.destroy();
  }
}

/** Keys that fit the database. */
interface FittingKeys {
  readonly kind: KeyKind;
  readonly keys: readonly VersionedKey[];
  /** A key that was made just now, and where it has to be kept. */
  readonly made: { readonly key: VersionedKey; readonly path: string } | null;
}

/** A key from its variable, from its file, or a new one: but never a new one for a database that was used with another. */
async function readKeys(
  dataSource: DataSource,
  kind: KeyKind,
  { variable: name, given, path }: KeySource,
): Promise<FittingKeys> {
  const keys = given === undefined ? readKeyFile(name, path) : parseVersionedKeys(name, given);
  if (keys !== null) {
    await checkFingerprints(dataSource, kind, keys);
    return { kind, keys, made: null };
  }
  if (await hasFingerprint(dataSource, kind)) {
    throw new StartError(
      `${name} is missing: this database was used with one, and neither the variable nor ${path} is there. Restore it from your backup; nothing was changed.`,
    );
  }
  const key = newKey();
  return { kind, keys: [key], made: { key, path } };
}

/** @returns the file that was made */
async function keep(dataSource: DataSource, { kind, keys, made }: FittingKeys): Promise<string[]> {
  if (made !== null) writeKeyFile(made.path, [made.key]);
  await recordFingerprints(dataSource, kind, keys);
  return made === null ? [] : [made.path];
}

/** A credential that cannot be opened would turn its service away at the first call, not here. @throws StartError */
async function checkSealedUnder(
  dataSource: DataSource,
  keys: readonly VersionedKey[],
): Promise<void> {
  for (const [version, count] of await credentialsByVersion(dataSource.manager)) {
    if (keys.some((key) => key.version === version)) continue;
    throw new StartError(
      `SEALING_KEY lacks version ${version}, under which ${count} credentials are sealed. Add it after the current one: <new version>:<key>,${version}:<old key>.`,
    );
  }
}

/** Older prefixes stay valid; each is remembered with the database. */
async function readPrefixes(dataSource: DataSource, current: string): Promise<string[]> {
  const known = JSON.parse(await factOr(dataSource, 'key_prefixes', () => '[]')) as string[];
  const clash = known.find((prefix) => isKindOf(prefix, current) || isKindOf(current, prefix));
  if (clash !== undefined) {
    throw new StartError(
      `KEY_PREFIX is "${current}", which cannot be used: it differs by one letter from the earlier prefix "${clash}", and such prefixes are kept for other kinds of credential.`,
    );
  }
  return [current, ...known.filter((prefix) => prefix !== current)];
}

function isKindOf(longer: string, prefix: string): boolean {
  return longer.startsWith(prefix) && /^[a-z]$/.test(longer.slice(prefix.length));
}

/** Random, and sealed in the database: it outlives a change of the pepper and of the sealing key. */
async function auditKeyOf(
  dataSource: DataSource,
  sealingKeys: readonly SealingKey[],
): Promise<Buffer> {
  const { fact, place } = sealedAuditKey;
  const sealed = await factOr(dataSource, fact, () =>
    seal(randomBytes(32), sealingKeys[0] as SealingKey, place),
  );
  return openedAuditKey(sealed, sealingKeys);
}

/** @throws StartError */
export function openedAuditKey(sealed: string, sealingKeys: readonly SealingKey[]): Buffer {
  try {
    return unseal(sealed, sealingKeys, sealedAuditKey.place);
  } catch (error) {
    throw new StartError(
      'The key of the audit trail in the database does not open with SEALING_KEY, so one of the two was altered. Put a backup of the database in its place.',
      { cause: error },
    );
  }
}

async function factOr(dataSource: DataSource, name: string, make: () => string): Promise<string> {
  const facts = dataSource.getRepository(InstallationEntity);
  // Where two nodes start at once, the first to write is believed by both.
  await facts.createQueryBuilder().insert().values({ name, value: make() }).orIgnore().execute();
  return (await facts.findOneByOrFail({ name })).value;
}

async function setFact(dataSource: DataSource, name: string, value: string): Promise<void> {
  await dataSource.getRepository(InstallationEntity).upsert({ name, value }, ['name']);
}
