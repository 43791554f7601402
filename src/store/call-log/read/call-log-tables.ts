import type { DataSource } from 'typeorm';
import { rawQuery, rawQueryByIds, type SqlValue } from '../../raw-query.js';
import { callLogTable, type CallLogTable } from '../call-log-schema.js';

type Records = Promise<Record<string, unknown>[]>;

/** What the call log keeps beside its rows, to be read: counters, and how far each node has come. */
export class CallLogTables {
  readonly kind: 'sqlite' | 'postgres';
  readonly #dataSource: DataSource;
  readonly #counted: () => Promise<void>;

  /**
   * @param dataSource of `callLogReader`, initialized
   * @param counted of the log's writer: what it has committed is asked for when it is counted
   */
  constructor(dataSource: DataSource, { counted }: { counted(): Promise<void> }) {
    this.#dataSource = dataSource;
    this.#counted = counted;
    this.kind = dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite';
  }

  /** How a statement names a table. */
  name(table: CallLogTable): string {
    return callLogTable(table, this.kind);
  }

  /** As `rawQuery`. */
  async query(sql: string, values: readonly SqlValue[]): Records {
    await this.#counted();
    return rawQuery(this.#dataSource, sql, values);
  }

  /** As `rawQueryByIds`. */
  async queryByIds(
    sql: (marks: string) => string,
    ids: readonly string[],
    values: readonly SqlValue[] = [],
  ): Records {
    await this.#counted();
    return rawQueryByIds(this.#dataSource, sql, ids, values);
  }
}
