import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, QueryRunner } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';

/**
 * Makes what is read from the main database arrive late, as over a network: it was true when it was read, and may no longer be
 * when it comes. A database on the same machine answers too fast for a race to be seen.
 *
 * @param delayMs asked for each statement
 * @returns ends it
 */
export function slowReads(latchkey: TestLatchkey, delayMs: () => number): () => void {
  const dataSource = latchkey.app.get<DataSource>(getDataSourceToken(readerName));
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  const restore: (() => void)[] = [() => Reflect.deleteProperty(dataSource, 'createQueryRunner')];
  const slowed = new WeakSet<QueryRunner>();
  dataSource.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    if (slowed.has(runner)) return runner; // SQLite has one for all.
    slowed.add(runner);
    const query = runner.query.bind(runner) as (...asked: unknown[]) => Promise<unknown>;
    restore.push(() => Reflect.deleteProperty(runner, 'query'));
    const slowly = async (...asked: unknown[]): Promise<unknown> => {
      const answer = await query(...asked);
      await new Promise((resolve) => setTimeout(resolve, delayMs()));
      return answer;
    };
    runner.query = slowly as QueryRunner['query'];
    return runner;
  };
  return () => {
    for (const undo of restore) undo();
  };
}
