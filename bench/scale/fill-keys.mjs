// Copies a key many times over in a store on SQLite, each copy with an id and a secret of its own. Through the API that would be a
// commit for each.
import SqliteDatabase from 'better-sqlite3';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId } from '../../dist/src/core/ids.js';
import { digestOfSecret } from '../../dist/src/core/secret-digest.js';
import { displayStart, newSecret } from '../../dist/src/core/secret-format.js';
import { parseVersionedKeys } from '../../dist/src/platform/config/versioned-keys.js';

const keysPerCommit = 10_000;

/** @returns the secrets of the first so many copies */
export function fillKeys(folder, template, count, { secrets: kept = count } = {}) {
  const pepperText = readFileSync(join(folder, 'pepper.key'), 'utf8').trim();
  const pepper = parseVersionedKeys('the pepper', pepperText)[0];
  const database = new SqliteDatabase(join(folder, 'latchkey.db'), { timeout: 30_000 });
  const rowOf = (sql) => database.prepare(sql).get(template);
  const key = rowOf('SELECT * FROM api_key WHERE id = ?');
  const secretRow = rowOf('SELECT * FROM secret WHERE key_id = ?');
  const grants = database.prepare('SELECT * FROM api_key_grant WHERE key_id = ?').all(template);
  const insert = (table, row) => database.prepare(insertOf(table, row));
  const insertKey = insert('api_key', key);
  const insertSecret = insert('secret', secretRow);
  const insertGrant = insert('api_key_grant', grants[0]);
  const secrets = [];
  const fillSome = database.transaction((first, last) => {
    for (let i = first; i < last; i += 1) {
      const id = newId('key');
      const secret = newSecret('lk', 'production');
      if (i < kept) secrets.push(secret);
      insertKey.run({ ...key, id, name: `Key ${i}` });
      insertSecret.run({
        ...secretRow,
        ...{ id: newId('sec'), key_id: id, start: displayStart(secret, 'ours') },
        // A first use is a write of its own, and is not what is measured.
        ...{ digest: digestOfSecret(secret, pepper), first_used_at: Date.now() },
      });
      for (const grant of grants) insertGrant.run({ ...grant, id: newId('grt'), key_id: id });
    }
  });
  for (let first = 0; first < count; first += keysPerCommit) {
    fillSome(first, Math.min(first + keysPerCommit, count));
    process.stderr.write(`\r${Math.min(first + keysPerCommit, count)} of ${count} keys`);
  }
  process.stderr.write('\n');
  database.close();
  return secrets;
}

function insertOf(table, row) {
  const columns = Object.keys(row);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((name) => `@${name}`).join(', ')})`;
}
