import { mkdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Database as SqliteHandle } from 'better-sqlite3';
import type { DataSourceOptions } from 'typeorm';
import { StartError } from '../core/start-error.js';
import { SnakeCaseNaming } from './columns.js';
import { entities } from './entities/index.js';
import { AccountPolicies1796100000000 } from './migrations/main/1796100000000-account-policies.js';
import { AuditEventTargets1796250000000 } from './migrations/main/1796250000000-audit-event-targets.js';
import { Recipients1796300000000 } from './migrations/main/1796300000000-recipients.js';
import { RateLimits1796500000000 } from './migrations/main/1796500000000-rate-limits.js';
import { Brownouts1795900000000 } from './migrations/main/1795900000000-brownouts.js';
import { EndedAsItBegan1796000000000 } from './migrations/main/1796000000000-ended-as-it-began.js';
import { Notices1796200000000 } from './migrations/main/1796200000000-notices.js';
import { Members1796450000000 } from './migrations/main/1796450000000-members.js';
import { MemberNotices1796550000000 } from './migrations/main/1796550000000-member-notices.js';
import { MailedLinks1796620000000 } from './migrations/main/1796620000000-mailed-links.js';
import { SecondFactors1796650000000 } from './migrations/main/1796650000000-second-factors.js';
import { Passkeys1796700000000 } from './migrations/main/1796700000000-passkeys.js';
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
  migrations: [
    Foundation1795000000000,
    Brownouts1795900000000,
    EndedAsItBegan1796000000000,
    AccountPolicies1796100000000,
    Notices1796200000000,
    AuditEventTargets1796250000000,
    Recipients1796300000000,
    Members1796450000000,
    RateLimits1796500000000,
    MemberNotices1796550000000,
    MailedLinks1796620000000,
    SecondFactors1796650000000,
    Passkeys1796700000000,
  ],
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
  if (databaseUrl.kind === 'postgres') return impatient(databaseUrl.url);
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
  if (databaseUrl.kind === 'postgres') return impatient(databaseUrl.url);
  return {
    ...shared,
    type: 'better-sqlite3',
    database: databaseUrl.path,
    readonly: true,
    enableWAL: false,
  };
}

/** The connection that changes the schema, for as long as that takes. */
export function migratorOptions(databaseUrl: DatabaseUrl): DataSourceOptions {
  if (databaseUrl.kind === 'sqlite') return writerOptions(databaseUrl);
  return { ...shared, type: 'postgres', url: databaseUrl.url, poolSize: 2 };
}

/** Milliseconds to wait for a connection: a free one, or a new one. */
const connectionMsMax = 5_000;
/** Milliseconds in which a connection may carry nothing; the pool closes those without work after ten seconds. */
const silenceMsMax = 15_000;

/**
 * For connections to PostgreSQL. A server that vanished says nothing, and TCP hopes for a quarter of an hour. A connection
 * that stays silent is ended, with the transaction that it may be in; a mere timeout of the query would give it back to the
 * pool, transaction and all.
 */
export const impatience = {
  connectTimeoutMS: connectionMsMax,
  extra: { stream: silentNoLongerThan(silenceMsMax) },
};

function impatient(url: string): DataSourceOptions {
  return { ...shared, ...impatience, type: 'postgres', url, poolSize: 10 };
}

/** What `pg` makes its connections from. */
export function silentNoLongerThan(milliseconds: number): () => Socket {
  return () => {
    const socket = new Socket();
    return socket.setTimeout(milliseconds, () => {
      const silence = new Error(`The database said nothing for ${milliseconds} ms`);
      socket.destroy(Object.assign(silence, { code: 'ETIMEDOUT' }));
    });
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
