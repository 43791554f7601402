import type { Row, Tables } from './main-tables.js';

/** Columns whose value says what kind of row it is. */
const tellingColumns = ['action', 'power', 'subject', 'environment', 'idempotency_key'];
/** What tells rows apart where there is no `id`. */
const keyColumns: Readonly<Record<string, readonly string[]>> = {
  access_change: ['revision', 'subject', 'subject_id'],
  audit_head: ['account_id'],
  idempotency_record: ['caller_id', 'path', 'idempotency_key'],
  installation: ['name'],
  scope: ['name'],
};

/**
 * Every row by which two states of a database differ, a line for each: `+` new, `-` gone, `~` changed with its columns. A row
 * is named by its table and by what it says of itself, in the order of its columns, an id by its word: a row of something
 * else cannot pass for it.
 */
export function changesBetween(
  before: Tables,
  after: Tables,
  words: ReadonlyMap<string, string>,
): string[] {
  const lines: string[] = [];
  for (const table of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, young] = [byKey(table, before[table]), byKey(table, after[table])];
    for (const [key, row] of old) {
      const next = young.get(key);
      if (next === undefined) lines.push(`- ${nameOf(table, row, words)}`);
      else {
        const columns = Object.keys(row).filter((column) => row[column] !== next[column]);
        if (columns.length > 0)
          lines.push(`~ ${nameOf(table, row, words)}: ${columns.sort().join(', ')}`);
      }
    }
    for (const [key, row] of young) if (!old.has(key)) lines.push(`+ ${nameOf(table, row, words)}`);
  }
  return lines.sort();
}

function byKey(table: string, rows: readonly Row[] = []): Map<string, Row> {
  const columns = keyColumns[table] ?? ['id'];
  const named = rows.map((row) => {
    if (columns.some((column) => row[column] === undefined || row[column] === null))
      throw new Error(`The rows of ${table} have no id: add what tells them apart to keyColumns.`);
    return [JSON.stringify(columns.map((column) => row[column])), row] as const;
  });
  return new Map(named);
}

function nameOf(table: string, row: Row, words: ReadonlyMap<string, string>): string {
  const said = Object.entries(row).flatMap(([column, value]) => {
    if (typeof value !== 'string') return [];
    return words.get(value) ?? (tellingColumns.includes(column) ? value : []);
  });
  return [table, ...said].join(' ');
}
