import { closeSync, fsyncSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { dayNamed, nameOfDay, type Day } from './call-day.js';

/** `data/call-log.db` → `data/call-log-days`: where a log on SQLite has its rows, in a file for each day. */
export function daysFolderOf(basePath: string): string {
  return `${basePath.replace(/\.db$/, '')}-days`;
}

/** `…/2026-11-26.db` */
export function pathOfDay(folder: string, day: Day): string {
  return join(folder, `${nameOfDay(day)}.db`);
}

/** `…/2026-11-26.index.db`: beside the rows of a day, where they are found by what is looked for. */
export function indexPathOf(dayPath: string): string {
  return dayPath.replace(/\.db$/, '.index.db');
}

/** The days that have a file, the earliest first. */
export function daysIn(folder: string): Day[] {
  return namesIn(folder).flatMap((name) => {
    const day = name.endsWith('.db') ? dayNamed(name.slice(0, -'.db'.length)) : null;
    return day === null ? [] : [day];
  });
}

/** In order; none where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * What tells a file from another one that has taken its name, for as long as somebody has it open: until then nothing else
 * gets its number. `null` where there is none.
 */
export function identityOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true });
  return stats === undefined ? null : `${stats.dev} ${stats.ino}`;
}

/** Has the names in a folder survive a power failure, which syncing the files does not. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
