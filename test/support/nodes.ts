import { randomBytes } from 'node:crypto';
import type { Surroundings } from '../../src/latchkey.js';
import { startTestLatchkey, type TestLatchkey } from './latchkey.js';
import { makePostgres } from './postgres.js';
import type { DatabaseKind } from './store.js';

/** Milliseconds. A machine under load is no database that is away; what a lease does has tests of its own. */
const calmLeaseMs = 60_000;

/** A Latchkey, and another node of it where its database can have several: who races by both races as far apart as may be. */
export interface Nodes {
  readonly one: TestLatchkey;
  /** On SQLite the same one. */
  readonly other: TestLatchkey;
  remove(): Promise<void>;
}

/** A database of a test's own, as settings for a Latchkey. On SQLite that is what it gets without any. */
export interface NodeDatabase {
  readonly environment: Readonly<Record<string, string>>;
  remove(): Promise<void>;
}

export async function databaseFor(kind: DatabaseKind): Promise<NodeDatabase> {
  if (kind === 'sqlite') return { environment: {}, remove: async () => {} };
  const postgres = await makePostgres();
  const key = randomBytes(32).toString('base64url');
  const environment = {
    ...{ DATABASE_URL: postgres.url, KEY_PEPPER: key, SEALING_KEY: key },
    OPERATOR_KEY: randomBytes(32).toString('base64url'),
  };
  return { environment, remove: () => postgres.drop() };
}

export async function startNodes(
  kind: DatabaseKind,
  surroundings: Surroundings = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<Nodes> {
  const database = await databaseFor(kind);
  const environment = { ...database.environment, ...settings };
  const calm = { leaseMs: calmLeaseMs, ...surroundings };
  const one = await startTestLatchkey(environment, calm);
  const other = kind === 'sqlite' ? one : await startTestLatchkey(environment, calm);
  const remove = async (): Promise<void> => {
    for (const node of new Set([one, other])) await node.remove();
    await database.remove();
  };
  return { one, other, remove };
}
