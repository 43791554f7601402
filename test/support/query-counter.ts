import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, Logger } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';

/** Counts every statement that TypeORM sends to the main database, over both of its connections. */
export interface QueryCounter {
  /** The statements since the last time this was asked. */
  take(): string[];
}

export function countQueries(latchkey: TestLatchkey): QueryCounter {
  let statements: string[] = [];
  const logger: Logger = {
    logQuery: (query) => statements.push(query),
    logQueryError: () => {},
    logQuerySlow: () => {},
    logSchemaBuild: () => {},
    logMigration: () => {},
    log: () => {},
  };
  for (const name of [undefined, readerName]) {
    // TypeORM tells its logger of each statement as it is sent; what the logger does with it is the logger's affair.
    latchkey.app.get<DataSource>(getDataSourceToken(name)).logger = logger;
  }
  return {
    take: () => {
      const taken = statements;
      statements = [];
      return taken;
    },
  };
}
