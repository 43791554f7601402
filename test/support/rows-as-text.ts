import SqliteDatabase from 'better-sqlite3';
import pg from 'pg';

/** Every row of every table, as one text for each: what a search of the bytes of a file misses where a page ends. */
export interface TableText {
  readonly table: string;
  readonly text: string;
}

/** @throws what better-sqlite3 does if the file is damaged */
export function rowsOfSqlite(path: string): TableText[] {
  const database = new SqliteDatabase(path, { readonly: true });
  try {
    const tables = database
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .pluck()
      .all();
    return tables.map((table) => {
      const rows = database.prepare<[], unknown[]>(`SELECT * FROM "${table}"`).raw().all();
      return { table, text: rows.map((row) => row.map(asText).join('\n')).join('\n') };
    });
  } finally {
    database.close();
  }
}

function asText(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString('latin1') : String(value);
}

export async function rowsOfPostgres(url: string): Promise<TableText[]> {
  // Whoever still holds a lock is not waited for.
  const client = new pg.Client({ connectionString: url, lock_timeout: 5_000 });
  await client.connect();
  try {
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
       WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`,
    );
    const texts: TableText[] = [];
    for (const { name } of tables) {
      // A row as text spells bytes in hexadecimal.
      const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
      texts.push({ table: name, text: rows.map(({ row }) => row).join('\n') });
    }
    return texts;
  } finally {
    await client.end();
  }
}
