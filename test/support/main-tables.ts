import { getDataSourceToken } from '@nestjs/typeorm';
import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';

export type Row = Readonly<Record<string, unknown>>;
export type Tables = Readonly<Record<string, readonly Row[]>>;

const listTables = {
  sqlite:
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
  postgres: "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY name",
};

/** Every row of every table of the main database, to be compared with what it is later. */
export function mainTables({ app }: Pick<TestLatchkey, 'app'>): Promise<Tables> {
  return tablesOf(app.get<DataSource>(getDataSourceToken(readerName)));
}

/** The same of a database on disk, whose process may be another. @param folder where it lies */
export function tablesOnDisk(folder: string): Tables {
  const database = new SqliteDatabase(join(folder, 'latchkey.db'), { readonly: true });
  try {
    const names = database.prepare(listTables.sqlite).pluck().all() as string[];
    return Object.fromEntries(
      names.map((name) => {
        const rows = database.prepare(`SELECT * FROM "${name}" ORDER BY 1, 2`).all();
        return [name, rows as Row[]];
      }),
    );
  } finally {
    database.close();
  }
}

/** The same of a database on PostgreSQL. */
export async function tablesOfPostgres(url: string): Promise<Tables> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows: names } = await client.query<{ name: string }>(listTables.postgres);
    const tables: Record<string, readonly Row[]> = {};
    for (const { name } of names)
      tables[name] = (await client.query<Row>(`SELECT * FROM ${name} ORDER BY 1, 2`)).rows;
    return tables;
  } finally {
    await client.end();
  }
}

/** Every row of every table that a connection sees, known to an entity or not. */
export async function tablesOf(reader: DataSource): Promise<Tables> {
  const isPostgres = reader.options.type === 'postgres';
  const names: { name: string }[] = await reader.query(
    listTables[isPostgres ? 'postgres' : 'sqlite'],
  );
  const tables: Record<string, readonly Row[]> = {};
  for (const { name } of names) {
    const rows: Row[] = await reader.query(`SELECT * FROM "${name}"`);
    const texts = new Map(rows.map((row) => [row, JSON.stringify(row)]));
    const order = (a: Row, b: Row): number => (texts.get(a)! < texts.get(b)! ? -1 : 1);
    tables[name] = rows.sort(order).map((row) => ({ ...row }));
  }
  return tables;
}
