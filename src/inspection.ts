import { existsSync } from 'node:fs';
import { DataSource } from 'typeorm';
import type { SealingKey } from './core/sealing.js';
import { StartError } from './core/start-error.js';
import { openedAuditKey } from './installation.js';
import { sealingKeySource } from './platform/config/key-files.js';
import type { InspectionSettings } from './platform/config/settings.js';
import {
  parseVersionedKeys,
  readKeyFile,
  type VersionedKey,
} from './platform/config/versioned-keys.js';
import { parseDatabaseUrl, readerOptions, type DatabaseUrl } from './store/data-source-options.js';
import { InstallationEntity } from './store/entities/installation.entity.js';
import { sealedAuditKey } from './store/sealing.store.js';

/** An installation that is only looked at: its server may run beside it, and nothing of it is changed. */
export interface Inspection {
  readonly reader: DataSource;
  readonly auditKey: Buffer;
  readonly sealingKeys: readonly SealingKey[];
  close(): Promise<void>;
}

/** @throws StartError of one readable line */
export async function openInspection(settings: InspectionSettings): Promise<Inspection> {
  const reader = await open(parseDatabaseUrl(settings.databaseUrl));
  try {
    const sealed = await sealedKeyIn(reader);
    const sealingKeys = readSealingKeys(settings);
    const auditKey = openedAuditKey(sealed, sealingKeys);
    return { reader, auditKey, sealingKeys, close: () => reader.destroy() };
  } catch (error) {
    await reader.destroy();
    throw error;
  }
}

async function open(databaseUrl: DatabaseUrl | null): Promise<DataSource> {
  if (databaseUrl === null) throw new StartError('DATABASE_URL cannot be read.');
  if (databaseUrl.kind === 'sqlite' && !existsSync(databaseUrl.path))
    throw new StartError(
      `There is no database at ${databaseUrl.path}. Run this where the server runs, or say where it is: DATABASE_URL=sqlite:<path>.`,
    );
  try {
    return await new DataSource(readerOptions(databaseUrl)).initialize();
  } catch (error) {
    throw unreadableDatabase(error);
  }
}

async function sealedKeyIn(reader: DataSource): Promise<string> {
  const name = sealedAuditKey.fact;
  const fact = await reader.manager.findOneBy(InstallationEntity, { name }).catch((error) => {
    throw unreadableDatabase(error);
  });
  if (fact === null) throw new StartError('No server has ever been started on this database.');
  return fact.value;
}

function unreadableDatabase(error: unknown): StartError {
  const { code, message } = error as { code?: string; message?: string };
  return new StartError(
    `The database at DATABASE_URL cannot be read, or is none of Latchkey: ${message || code || 'no reason given'}.`,
    { cause: error },
  );
}

function readSealingKeys(settings: InspectionSettings): readonly VersionedKey[] {
  const { variable, given, path } = sealingKeySource(settings);
  const keys =
    given === undefined ? readKeyFile(variable, path) : parseVersionedKeys(variable, given);
  if (keys === null)
    throw new StartError(
      `${variable} is not set, and there is no ${path}: without it the key of the audit trail cannot be opened.`,
    );
  return keys;
}
