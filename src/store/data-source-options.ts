import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Database as SqliteHandle } from 'better-sqlite3';
import type { DataSourceOptions } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { SnakeCaseNaming } from './columns.js';
import { entities } from './entities/index.js';
import { Foundation1795000000000 } from './migrations/main/1795000000000-foundation.js';

/** `sqlite:<path>` or `postgres://…`. */
export type DatabaseUrl =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'postgres'; readonly url: string };

export function parseDatabaseUrl(text: string): DatabaseUrl | null {
  if (/^postgres(?:ql)?:\/\//.test(text)) return { kind: 'postgres', url: text };
  const path = /^sqlite:(.+)$/.exec(text)?.[1];
  return path === undefined ? null : { kind: 'sqlite', path };
}

const shared = {
  entities,
  migrations: [Foundation1795000000000],
  migrationsTransactionMode: 'each' as const,
  namingStrategy: new SnakeCaseNaming(),
  synchronize: false,
  // TypeORM's logger prints the parameters of a failed query; the callers say what failed, without them.
  logging: false,
  // A forgotten value in a `where` must never widen it to the whole table.
  invalidWhereValuesBehavior: { null: 'throw' as const, undefined: 'throw' as const },
} satisfies Partial<DataSourceOptions>;

/** The connection that writes: on SQLite the only one, behind the write queue of `database.ts`. */
export function writerOptions(databaseUrl: DatabaseUrl): DataSourceOptions {
  if (databaseUrl.kind === 'postgres')
    return { ...shared, type: 'postgres', url: databaseUrl.url, poolSize: 10 };
  return {
    ...shared,
    type: 'better-sqlite3',
    database: databaseUrl.path,
    enableWAL: true,
    prepareDatabase: (handle: SqliteHandle) => {
      handle.pragma('foreign_keys = ON');
      // A commit is acknowledged to people: it has to survive a power failure.
      handle.pragma('synchronous = FULL');
    },
  };
}

/** The connection that reads: it sees what is committed, and on SQLite it cannot write. */
export function readerOptions(databaseUrl: DatabaseUrl): DataSourceOptions {
  if (databaseUrl.kind === 'postgres')
    return { ...shared, type: 'postgres', url: databaseUrl.url, poolSize: 10 };
  return {
    ...shared,
    type: 'better-sqlite3',
    database: databaseUrl.path,
    readonly: true,
    enableWAL: false,
  };
}

/** @throws StartError */
export function makeFolderOf(databaseUrl: DatabaseUrl): void {
  if (databaseUrl.kind !== 'sqlite') return;
  const folder = dirname(databaseUrl.path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { message } = error as Error;
    throw new StartError(`The folder ${folder} cannot be made: ${message}.`, { cause: error });
  }
}
