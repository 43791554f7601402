import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { secretsOfOurs } from '../../scripts/secret-search.mjs';
import { meetKeyText, meetSecret, refuseSecrets, secretsIn } from './met-secrets.js';
import { rowsOfSqlite } from './rows-as-text.js';
import { secretsInOutputs } from './swept-output.js';

/** Databases that a test has damaged, by their name, and how: they are searched as bytes alone. */
export type Damaged = Readonly<Record<string, string>>;

/** Where secrets may lie, for their owner's eyes only. A process that was killed may leave one half made. */
const keyFile = /^(?:(?:pepper|sealing|operator)\.key|demo-keys\.json)(?:\.\d+\.unfinished)?$/;

/** A folder of a test's own, to be removed with `removeFolder`. */
export function makeFolder(name: string): string {
  return mkdtempSync(join(tmpdir(), `latchkey-${name}-`));
}

/**
 * Removes a folder and all that is in it, once it was looked through for secrets (#28): every file, and all that was
 * printed meanwhile. Every suite ends here, so every suite is looked through.
 *
 * @throws naming the file, the place and the display start of what lies where it must not
 */
export function removeFolder(path: string, damaged: Damaged = {}): void {
  try {
    refuseSecrets([...secretsInFolder(path, damaged), ...secretsInOutputs()]);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

export function secretsInFolder(path: string, damaged: Damaged = {}): string[] {
  const files = filesIn(path);
  const [keyFiles, others] = [files.filter(isKeyFile), files.filter((file) => !isKeyFile(file))];
  for (const file of keyFiles) meetKeyFile(file);
  return [
    ...keyFiles.filter(isOpenToOthers).map((file) => `${file} can be read by others`),
    ...others.flatMap((file) => secretsInFile(relative(path, file), file, damaged)),
  ];
}

function secretsInFile(name: string, path: string, damaged: Damaged): string[] {
  const text = readFileSync(path, 'latin1');
  const found = secretsIn(name, text);
  if (!text.startsWith('SQLite format 3\0')) return found;
  try {
    const tables = rowsOfSqlite(path);
    return [
      ...found,
      ...tables.flatMap(({ table, text }) => secretsIn(`${name}, table ${table}`, text)),
    ];
  } catch (error) {
    return basename(name) in damaged ? found : [...found, `${name} cannot be read: ${error}`];
  }
}

function meetKeyFile(path: string): void {
  const text = readFileSync(path, 'utf8').trim();
  // A key of ours reads like one of the others: by the names alone they can be told apart.
  if (/^(?:pepper|sealing)/.test(basename(path))) meetKeyText(text);
  for (const { secret } of secretsOfOurs(text)) meetSecret(secret);
}

function isKeyFile(path: string): boolean {
  return keyFile.test(basename(path));
}

function isOpenToOthers(path: string): boolean {
  return (statSync(path).mode & 0o777) !== 0o600;
}

function filesIn(folder: string): string[] {
  // Whoever removes twice has nothing left to look through.
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
