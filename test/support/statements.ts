import type { DataSource, Logger } from 'typeorm';

/** Writes down every statement that TypeORM sends over these connections, from now on. */
export function statementsOf(...dataSources: DataSource[]): string[] {
  const statements: string[] = [];
  const logger: Logger = {
    logQuery: (statement) => statements.push(statement),
    logQueryError: () => {},
    logQuerySlow: () => {},
    logSchemaBuild: () => {},
    logMigration: () => {},
    log: () => {},
  };
  for (const dataSource of dataSources) dataSource.logger = logger;
  return statements;
}
