import type { DataSource } from 'typeorm';
import { rawQuery, rawQueryByIds, type SqlValue } from '../../raw-query.js';
import { callLogTable, type CallLogTable } from '../call-log-schema.js';

type Records = Promise<Record<string, unknown>[]>;

/** What the call log keeps beside its rows, to be read: counters, and how far each node has come. */
export class CallLogTables {
  readonly kind: 'sqlite' | 'postgres';
  /** Resolves once what was committed by now is counted, and can be found by what is looked for. */
  readonly caughtUp: () => Promise<void>;
  readonly #dataSource: DataSource;

  /**
   * @param dataSource of `callLogReader`, initialized
   * @param caughtUp of the log's writer, which counts what it has committed some time later
   */
  constructor(dataSource: DataSource, { caughtUp }: { caughtUp(): Promise<void> }) {
    this.#dataSource = dataSource;
    this.caughtUp = caughtUp;
    this.kind = dataSource.options.type === 'postgres' ? 'postgres' : 'sqlite';
  }

  /** How a statement names a table. */
  name(table: CallLogTable): string {
    return callLogTable(table, this.kind);
  }

  /** As `rawQuery`. */
  async query(sql: string, values: readonly SqlValue[]): Records {
    await this.caughtUp();
    return this.queryNow(sql, values);
  }

  /** The same for whoever has waited already: while calls come, it would wait again for those. */
  queryNow(sql: string, values: readonly SqlValue[]): Records {
    return rawQuery(this.#dataSource, sql, values);
  }

  /** As `rawQueryByIds`. */
  async queryByIds(
    sql: (marks: string) => string,
    ids: readonly string[],
    values: readonly SqlValue[] = [],
  ): Records {
    await this.caughtUp();
    return rawQueryByIds(this.#dataSource, sql, ids, values);
  }
}
