import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';
import { statementsOf } from './statements.js';

/** Counts every statement that TypeORM sends to the main database, over both of its connections. */
export interface QueryCounter {
  /** The statements since the last time this was asked. */
  take(): string[];
  /** Of those, the ones that looked for a secret. They are forgotten with the others. */
  takeLookUps(): string[];
}

export function countQueries(latchkey: TestLatchkey): QueryCounter {
  const names = [undefined, readerName];
  const dataSources = names.map((name) => latchkey.app.get<DataSource>(getDataSourceToken(name)));
  const statements = statementsOf(...dataSources);
  const take = () => statements.splice(0);
  return { take, takeLookUps: () => take().filter((sql) => /\bFROM "?secret"?\s/.test(sql)) };
}
