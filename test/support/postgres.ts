import { describe, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

/** A server on which the tests may make databases. */
const serverUrl = process.env['TEST_POSTGRES_URL'] ?? 'postgres://postgres@127.0.0.1:5432/postgres';

const connectTimeoutMs = 3000;

/** Why no PostgreSQL answers there; `null` if one does. */
const absence = await asServer((client) => client.query('SELECT 1')).then(
  () => null,
  (error: Error & { code?: string }) => error.message || error.code || 'no reason given',
);

export interface TestPostgres {
  readonly url: string;
  /** Ends every connection to it, as a restart of the server would. */
  disconnectAll(): Promise<void>;
  drop(): Promise<void>;
}

/** An empty database of a test's own. To be dropped by whoever made it. */
export async function makePostgres(): Promise<TestPostgres> {
  const name = `latchkey_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asServer(async (client) => {
    const locale = await localeClause(client);
    await client.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' ${locale}`);
  });
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    disconnectAll: async () => {
      const others = 'datname = $1 AND pid <> pg_backend_pid()';
      await asServer((client) =>
        client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`, [
          name,
        ]),
      );
    },
    drop: async () => {
      await asServer((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

/**
 * A `describe` for tests that need PostgreSQL. Where none answers at `TEST_POSTGRES_URL` they report themselves as skipped;
 * where `CI=true` its absence is a failure.
 */
export function describeWithPostgres(title: string, tests: () => void): void {
  if (absence === null) {
    describe(title, tests);
  } else if (process.env['CI'] === 'true') {
    describe(title, () => {
      it('finds a PostgreSQL server', () => {
        throw new Error(`No PostgreSQL answers at TEST_POSTGRES_URL: ${absence}`);
      });
    });
  } else {
    // The server's absence, not somebody's whim, is what skips them.
    // oxlint-disable-next-line jest/no-disabled-tests
    describe.skip(`${title} (no PostgreSQL: ${absence})`, tests);
  }
}

/** Most servers sort text as people do, not byte by byte; where this one can, the test's database does so too. */
async function localeClause(client: Client): Promise<string> {
  const { rows } = await client.query<{ can: boolean }>(
    `SELECT current_setting('server_version_num')::int >= 150000
       AND EXISTS (SELECT 1 FROM pg_collation WHERE collprovider = 'i') AS can`,
  );
  return rows[0]?.can === true ? `LOCALE_PROVIDER icu ICU_LOCALE 'en-US'` : '';
}

async function asServer(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({
    connectionString: serverUrl,
    connectionTimeoutMillis: connectTimeoutMs,
  });
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
