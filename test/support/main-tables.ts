import SqliteDatabase from 'better-sqlite3';
import { join } from 'node:path';

/** Every row of every table of a test's main database, to be compared with what it is later. */
export function mainTables(folder: string): Record<string, unknown[]> {
  const database = new SqliteDatabase(join(folder, 'latchkey.db'), { readonly: true });
  try {
    const names = database
      .prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      .pluck()
      .all() as string[];
    return Object.fromEntries(
      names.map((name) => [name, database.prepare(`SELECT * FROM "${name}" ORDER BY 1, 2`).all()]),
    );
  } finally {
    database.close();
  }
}
