import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { masked, unreadable } from './setting-readers.js';

/** One version of a key that is kept outside the database. */
export interface VersionedKey {
  readonly version: number;
  readonly key: Buffer;
}

const bytesMin = 32;

/**
 * Reads `KEY_PEPPER` or `SEALING_KEY`: one base64url text of at least 32 bytes (version 1), or several versions, the current
 * one first: `2:<new>,1:<old>`.
 *
 * @throws StartError
 */
export function parseVersionedKeys(name: string, text: string): VersionedKey[] {
  const takes = `at least ${bytesMin} bytes of base64url, or versions of it with the current one first, such as 2:<new>,1:<old>`;
  const keys = text.split(',').map((entry) => {
    const match = /^(?:([1-9]\d{0,8}):)?([A-Za-z0-9_-]+)=*$/.exec(entry.trim());
    const key = Buffer.from(match?.[2] ?? '', 'base64url');
    if (match === null || key.length < bytesMin) throw unreadable(name, masked(text), takes);
    return { version: Number(match[1] ?? 1), key };
  });
  if (new Set(keys.map((key) => key.version)).size < keys.length)
    throw unreadable(name, masked(text), takes);
  return keys;
}

export function readKeyFile(name: string, path: string): VersionedKey[] | null {
  return existsSync(path)
    ? parseVersionedKeys(`${name} (in ${path})`, readFileSync(path, 'utf8').trim())
    : null;
}

/** @param before the versions there are */
export function newKey(before: readonly VersionedKey[] = []): VersionedKey {
  const version = Math.max(0, ...before.map((key) => key.version)) + 1;
  return { version, key: randomBytes(bytesMin) };
}

/** Writes what `readKeyFile` reads. @param keys the current one first */
export function writeKeyFile(path: string, keys: readonly VersionedKey[]): void {
  writeSecretFile(
    path,
    keys.map(({ version, key }) => `${version}:${key.toString('base64url')}`).join(','),
  );
}

/** Writes a file that its owner alone may read (mode 600): whole or not at all, and on disk before this returns. */
export function writeSecretFile(path: string, text: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}.unfinished`;
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, 'wx', 0o600);
  writeSync(file, `${text}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(unfinished, path);
  const entry = openSync(folder, 'r');
  fsyncSync(entry);
  closeSync(entry);
}
