import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { describeWhere } from './describe-where.js';
import { refuseSecrets, secretsIn } from './met-secrets.js';
import { rowsOfPostgres } from './rows-as-text.js';

/** A server on which the tests may make databases. */
const serverUrl = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

const connectTimeoutMs = 3000;

/** Why no PostgreSQL answers there; `null` if one does. */
const absence = await asServerAt(serverUrl, (client) => client.query('SELECT 1')).then(
  () => null,
  (error: Error & { code?: string }) => error.message || error.code || 'no reason given',
);

export interface TestPostgres {
  readonly url: string;
  /** Ends every connection to it, as a restart of the server would. */
  disconnectAll(): Promise<void>;
  /** Resolves when nobody is connected to it, and so nothing of a dead process goes on in it. */
  untilLeft(): Promise<void>;
  /** @throws if a secret lies in it: every suite that has a database ends here, so every one is looked through (#28) */
  drop(): Promise<void>;
}

/**
 * An empty database of a test's own. To be dropped by whoever made it.
 *
 * @param server where it is made, as the URL of a database that is there
 */
export async function makePostgres(server = serverUrl): Promise<TestPostgres> {
  const asServer = (work: (client: Client) => Promise<unknown>) => asServerAt(server, work);
  const name = `latchkey_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asServer(async (client) => {
    const locale = await localeClause(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
  });
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    disconnectAll: () => asServer((client) => disconnectAll(client, name)),
    untilLeft: () =>
      asServer(async (client) => {
        const connections = 'SELECT 1 FROM pg_stat_activity WHERE datname = $1';
        while ((await client.query(connections, [name])).rows.length > 0) await sleep(5);
      }),
    drop: async () => {
      try {
        // Nobody's lock is in the way of what is looked through.
        await asServer((client) => disconnectAll(client, name));
        refuseSecrets(await secretsInDatabase(url.href));
      } finally {
        await asServer((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
      }
    },
  };
}

async function disconnectAll(client: Client, name: string): Promise<void> {
  const others = 'datname = $1 AND pid <> pg_backend_pid()';
  const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`;
  await client.query(end, [name]);
}

export async function secretsInDatabase(url: string): Promise<string[]> {
  const tables = await rowsOfPostgres(url);
  return tables.flatMap(({ table, text }) => secretsIn(`table ${table}`, text));
}

/**
 * A `describe` for tests that need PostgreSQL. Where none answers at `TEST_POSTGRES_URL` they report themselves as skipped;
 * where `CI=true` its absence is a failure.
 */
export function describeWithPostgres(title: string, tests: () => void): void {
  const what = absence && `no PostgreSQL answers at TEST_POSTGRES_URL: ${absence}`;
  describeWhere(what, title, tests);
}

/** Most servers sort text as people do, not byte by byte; where this one can, the test's database does so too. */
async function localeClause(client: Client): Promise<string> {
  const { rows } = await client.query<{ can: boolean }>(
    `SELECT current_setting('server_version_num')::int >= 150000
       AND EXISTS (SELECT 1 FROM pg_collation WHERE collprovider = 'i') AS can`,
  );
  return rows[0]?.can === true ? `LOCALE_PROVIDER icu ICU_LOCALE 'en-US'` : '';
}

async function asServerAt(
  server: string,
  work: (client: Client) => Promise<unknown>,
): Promise<void> {
  const client = new Client({
    connectionString: server,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
