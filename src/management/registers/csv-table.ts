import { csvRecord, type CsvValue } from '../../platform/http/csv.js';

/**
 * One table for records of several kinds, so that one program reads all of a register: the first column says what a record is, and
 * with that which of the others are in use.
 */
export class CsvTable<C extends string> {
  readonly head: string;
  readonly #columns: readonly C[];

  constructor(columns: readonly C[]) {
    this.head = csvRecord(columns);
    this.#columns = columns;
  }

  records(rows: readonly Partial<Record<C, CsvValue | boolean>>[]): string {
    const cellOf = (value: CsvValue | boolean | undefined): CsvValue =>
      typeof value === 'boolean' ? String(value) : (value ?? null);
    return rows
      .map((row) => csvRecord(this.#columns.map((column) => cellOf(row[column]))))
      .join('');
  }
}

/** A list in one cell; unlike scopes, what is in it may hold spaces. */
export function listCell(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join('; ');
}
