import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { newId } from './core/ids.js';
import type { Pepper } from './core/secret-digest.js';
import { seal, unseal, type SealingKey } from './core/sealing.js';
import { StartError } from './core/start-error.js';
import type { Settings } from './platform/config/settings.js';
import { makeKeyFile, parseVersionedKeys, readKeyFile, type VersionedKey } from './platform/config/versioned-keys.js';
import { makeFolderOf, parseDatabaseUrl, writerOptions, type DatabaseUrl } from './store/data-source-options.js';
import { InstallationEntity } from './store/entities/installation.entity.js';
import { checkFingerprints, hasFingerprint, type KeyKind } from './store/key-fingerprints.js';
import { migrateMainDatabase } from './store/migrate.js';
import { lockDatabase, type ProcessLock } from './store/process-lock.js';

/** An installation that was opened: its database is ours alone and up to date, and its keys fit it. */
export interface Installation {
  readonly databaseUrl: DatabaseUrl;
  readonly peppers: readonly Pepper[];
  readonly sealingKeys: readonly SealingKey[];
  readonly keyPrefixes: readonly string[];
  readonly auditKey: Buffer;
  /** Under which this process numbers its rows of the call log. */
  readonly nodeId: string;
  /** Files that did not exist before. */
  readonly madeFiles: readonly string[];
  release(): void;
}

const auditKeyPlace = 'audit-key';

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
    await migrateMainDatabase(databaseUrl);
    return { ...(await readFacts(settings, databaseUrl)), release };
  } catch (error) {
    release();
    throw error;
  }
}

function readUrl(text: string): DatabaseUrl {
  const url = parseDatabaseUrl(text);
  if (url === null) throw new StartError('A database URL cannot be read.');
  return url;
}

async function readFacts(settings: Settings, databaseUrl: DatabaseUrl): Promise<Omit<Installation, 'release'>> {
  const dataSource = await new DataSource(writerOptions(databaseUrl)).initialize();
  try {
    const madeFiles: string[] = [];
    const pepperFile = join(settings.dataFolder, 'pepper.key');
    const sealingFile = join(settings.dataFolder, 'sealing.key');
    const peppers = await keysOf(dataSource, 'pepper', settings.keyPepper, pepperFile, madeFiles);
    const sealingKeys = await keysOf(dataSource, 'sealing_key', settings.sealingKey, sealingFile, madeFiles);
    return {
      databaseUrl,
      peppers,
      sealingKeys,
      keyPrefixes: await prefixesOf(dataSource, settings.keyPrefix),
      auditKey: await auditKeyOf(dataSource, sealingKeys),
      // One process has a SQLite database to itself; on PostgreSQL each is a node of its own.
      nodeId: databaseUrl.kind === 'sqlite' ? await factOr(dataSource, 'node', () => newId('nod')) : newId('nod'),
      madeFiles,
    };
  } finally {
    await dataSource.destroy();
  }
}

const variables: Readonly<Record<KeyKind, string>> = { pepper: 'KEY_PEPPER', sealing_key: 'SEALING_KEY' };

/** A key from its variable, from its file, or a new one: but never a new one for a database that was used with another. */
async function keysOf(
  dataSource: DataSource,
  kind: KeyKind,
  given: string | undefined,
  path: string,
  madeFiles: string[],
): Promise<VersionedKey[]> {
  const name = variables[kind];
  let keys = given === undefined ? readKeyFile(name, path) : parseVersionedKeys(name, given);
  if (keys === null) {
    if (await hasFingerprint(dataSource, kind)) {
      throw new StartError(
        `${name} is missing: this database was used with one, and neither the variable nor ${path} is there. Restore it from your backup; nothing was changed.`,
      );
    }
    keys = makeKeyFile(path);
    madeFiles.push(path);
  }
  await checkFingerprints(dataSource, kind, keys);
  return keys;
}

/** Older prefixes stay valid; each is remembered with the database. */
async function prefixesOf(dataSource: DataSource, current: string): Promise<string[]> {
  const known = JSON.parse(await factOr(dataSource, 'key_prefixes', () => '[]')) as string[];
  const clash = known.find((prefix) => isKindOf(prefix, current) || isKindOf(current, prefix));
  if (clash !== undefined) {
    throw new StartError(
      `KEY_PREFIX is "${current}", which cannot be used: it differs by one letter from the earlier prefix "${clash}", and such prefixes are kept for other kinds of credential.`,
    );
  }
  const prefixes = [current, ...known.filter((prefix) => prefix !== current)];
  await setFact(dataSource, 'key_prefixes', JSON.stringify(prefixes));
  return prefixes;
}

function isKindOf(longer: string, prefix: string): boolean {
  return longer.length === prefix.length + 1 && longer.startsWith(prefix);
}

/** Random, and sealed in the database: it outlives a change of the pepper and of the sealing key. */
async function auditKeyOf(dataSource: DataSource, sealingKeys: readonly SealingKey[]): Promise<Buffer> {
  const sealed = await factOr(dataSource, 'audit_key', () =>
    seal(randomBytes(32), sealingKeys[0] as SealingKey, auditKeyPlace),
  );
  return unseal(sealed, sealingKeys, auditKeyPlace);
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
