import type { DataSource, QueryRunner } from 'typeorm';

export interface FailingStatement {
  /** Whether there were that many statements. */
  readonly failed: boolean;
  /** From now on all go well again. */
  end(): void;
}

/**
 * Makes one of the next statements of a connection fail before the database hears of it, as if the machine had stopped there.
 *
 * @param nth which statement from now on, `BEGIN` and `COMMIT` among them: 1 is the next
 */
export function failStatement(dataSource: DataSource, nth: number): FailingStatement {
  let seen = 0;
  const createQueryRunner = dataSource.createQueryRunner.bind(dataSource);
  const restore: (() => void)[] = [() => Reflect.deleteProperty(dataSource, 'createQueryRunner')];
  const wrapped = new WeakSet<QueryRunner>();
  dataSource.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode);
    if (wrapped.has(runner)) return runner; // SQLite has one for all.
    wrapped.add(runner);
    const query = runner.query.bind(runner) as (...asked: unknown[]) => Promise<unknown>;
    restore.push(() => Reflect.deleteProperty(runner, 'query'));
    const failing = async (...asked: unknown[]): Promise<unknown> => {
      seen += 1;
      if (seen === nth) throw new Error('The machine stopped here.');
      return query(...asked);
    };
    runner.query = failing as QueryRunner['query'];
    return runner;
  };
  return {
    get failed() {
      return seen >= nth;
    },
    end: () => {
      for (const undo of restore) undo();
    },
  };
}
