import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { readerName } from '../../src/store/database.js';
import type { TestLatchkey } from './latchkey.js';

/**
 * Makes what is read from the main database arrive late, as over a network: it was true when it was read, and may no longer be
 * when it comes. An embedded database answers too fast for a race to be seen.
 *
 * @param delayMs asked for each statement
 * @returns ends it
 */
export function slowReads(latchkey: TestLatchkey, delayMs: () => number): () => void {
  // The SQLite driver has one query runner, which every statement of a connection goes through.
  const runner = latchkey.app.get<DataSource>(getDataSourceToken(readerName)).createQueryRunner();
  const query = runner.query;
  runner.query = async function slow(...parameters: Parameters<typeof query>) {
    const result: unknown = await query.apply(runner, parameters);
    await new Promise((resolve) => setTimeout(resolve, delayMs()));
    return result;
  } as typeof query;
  return () => {
    runner.query = query;
  };
}
