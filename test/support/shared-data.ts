import { existsSync, readFileSync } from 'node:fs';
import { describeWhere } from './describe-where.js';

/** What lies in a folder beside the repository, and is never copied into it. */
const shared = new URL('../../../shared/', import.meta.url);
/** Real API descriptions. */
const dataFolder = 'data/';

/**
 * A `describe` for tests that read a file or folder of `../shared`. In a clone without it they report themselves as skipped;
 * where `CI=true` its absence is a failure.
 */
export function describeWithShared(title: string, path: string, tests: () => void): void {
  const isThere = existsSync(new URL(path, shared));
  describeWhere(isThere ? null : `../shared/${path} is absent`, title, tests);
}

/** A `describe` for tests that read `../shared/data`. */
export function describeWithSharedData(title: string, tests: () => void): void {
  describeWithShared(title, dataFolder, tests);
}

/** The text of one of its files. To be called inside a test, since a skipped `describe` still runs its own body. */
export function readSharedData(file: string): string {
  return readShared(`${dataFolder}${file}`);
}

export function readShared(path: string): string {
  return readFileSync(new URL(path, shared), 'utf8');
}
